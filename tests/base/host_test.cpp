// SPDX-License-Identifier: MIT
#include "base/host.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(HostTest, TellsWhatCanBeAHost) {
    for (const char* host :
         {"127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1", "localhost", "loki", "loki.example",
          "loki.example.", "a-b.c_d.example", "10.example", "xn--lki-sna.example", "1a"}) {
        EXPECT_TRUE(can_be_host(host)) << host;
    }
    for (const std::string& host :
         {std::string(), std::string("."), std::string("300.1.1.1"), std::string("1.2.3"),
          std::string("127.0.0.1.2"), std::string("9765"), std::string("a b"), std::string("-a"),
          std::string("a-"), std::string("a..b"), std::string(".a"), std::string(":::"),
          std::string("[::1]"), std::string("a\nb"), std::string("l\xC3\xB6ki"),
          std::string(64, 'a'), std::string("a/b")}) {
        EXPECT_FALSE(can_be_host(host)) << host;
    }
}

TEST(HostTest, TakesHostAndPortApart) {
    const auto plain = parse_host_port("127.0.0.1:9765");
    ASSERT_TRUE(plain.has_value());
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, "9765");
    const auto bracketed = parse_host_port("[::1]:65535");
    ASSERT_TRUE(bracketed.has_value());
    EXPECT_EQ(bracketed->host, "::1");
    EXPECT_TRUE(parse_host_port("localhost:1"));
}

TEST(HostTest, SaysWhatCanWorkNowhere) {
    for (const char* text : {"", ":", ":1", "a", "a:", "a:0", "a:65536", "a:-1", "a:+1", "a: 1",
                             "a:1x", "a:99999999999999999999", "::1:80", "[::1]", "[a]:80",
                             "[127.0.0.1]:80", "[::1:80", "no such:80", "1.2.3.4.5:80"}) {
        EXPECT_FALSE(parse_host_port(text)) << text;
    }
}

}  // namespace
}  // namespace base
