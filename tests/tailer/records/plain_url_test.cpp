// SPDX-License-Identifier: MIT
#include "tailer/records/plain_url.h"

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tailer/records/url_redaction.h"

namespace tailer {
namespace {

TEST(PlainUrlTest, KnowsPlainPathsAndAuthorities) {
    for (const std::string_view path :
         {"/", "", "/left-pad/-/left-pad-1.123.tgz", "/x/left-pad", "/left/left/", "/left/x86"}) {
        EXPECT_EQ(is_plain_path(path), !path.ends_with("86")) << path;
    }
    for (const std::string_view path :
         {"/a?b", "/a#b", "/token/abc", "/a1b2c3", "/A", "/a%20b", "/a;b", "/a/0/0`", "/_`",
          "/services/x", "/bot12:x", "/glpat-abcdefgh", "/abcdefghijklmnopqrstuvwxyz"}) {
        EXPECT_FALSE(is_plain_path(path)) << path;
    }
    for (const std::string_view host :
         {"h.example", "h.example:8443", "10.0.0.1:80", "H.Example", "a-b.example"}) {
        EXPECT_TRUE(is_plain_authority(host)) << host;
    }
    for (const std::string_view host :
         {"joe@h", "joe%40h", "joe:pw", "h:123456", "a b", "glpat-abcdefgh12.h.example", "h\xff"}) {
        EXPECT_FALSE(is_plain_authority(host)) << host;
    }
}

// The quick look must never let pass what the close one would take out.
TEST(PlainUrlTest, WhatIsPlainStaysAsItIs) {
    constexpr std::string_view kPieces[] = {
        "/",       "-",    ".",   "token", "bot", "services", "reset",  "abcdef", "0123",    "x",
        "webhook", "left", "pad", "7",     "e",   "dapi",     "verify", "s",      "password"};
    std::mt19937 random(11);
    std::uniform_int_distribution<std::size_t> any(0, std::size(kPieces) - 1);
    UrlRedactor redactor;
    std::size_t plain = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string path = "/";
        for (int piece = 0; piece < 7; ++piece) {
            path += kPieces[any(random)];
        }
        if (!is_plain_path(path)) {
            continue;
        }
        ++plain;
        std::string redacted;
        redactor.append_path(redacted, path);
        ASSERT_EQ(redacted, path);
    }
    EXPECT_GT(plain, 1000U);
}

}  // namespace
}  // namespace tailer
