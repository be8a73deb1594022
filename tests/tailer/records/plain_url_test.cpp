// SPDX-License-Identifier: MIT
#include "tailer/records/plain_url.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "tailer/records/redaction_rules.h"
#include "tailer/records/token_prefixes.h"
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
          "/services/x", "/bot12:x", "/glpat-abcdefgh", "/abcdefghijklmnopqrstuvwxyz", "/un-lock/x",
          "/un.lock", "/on-etime", "/mytoken-v/x"}) {
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

/// What the close look makes of a path that the quick one lets pass: nothing else.
void expect_unchanged(UrlRedactor& redactor, std::string_view path) {
    std::string redacted;
    redactor.append_path(redacted, path);
    ASSERT_EQ(redacted, path);
}

// The quick look must never let pass what the close one would take out.
TEST(PlainUrlTest, WhatIsPlainStaysAsItIs) {
    std::vector<std::string> pieces = {
        "/",       "-",    ".",     "token", "bot",    "services", "reset",  "abcdef", "0123",
        "x",       "left", "pad",   "7",     "e",      "dapi",     "verify", "s",      "bcdfg",
        "hjklmnp", "4111", "-1111", "1111",  "glpat-", "key-",     "hf_",    "aeiou",  "sdk-"};
    for (const auto& row : rules::kSecretWords) {
        pieces.emplace_back(row.word);
    }
    for (const auto& row : rules::kTokenPrefixes) {
        pieces.push_back(base::lower(row.prefix));
    }
    std::mt19937 random(11);
    std::uniform_int_distribution<std::size_t> any(0, pieces.size() - 1);
    std::uniform_int_distribution<std::size_t> any_of_front(0, 26);
    UrlRedactor redactor;
    std::size_t plain = 0;
    for (int i = 0; i < 400'000; ++i) {
        std::string path = "/";
        for (int piece = 0; piece < 7; ++piece) {
            path += pieces[piece % 2 == 0 ? any_of_front(random) : any(random)];
        }
        if (is_plain_path(path)) {
            ++plain;
            expect_unchanged(redactor, path);
        }
    }
    EXPECT_GT(plain, 1000U);
}

TEST(PlainUrlTest, WhatIsPlainStaysAsItIsByteByByte) {
    constexpr std::string_view kBytes = "aaeioubcdfghjklmnpqrstvwxyz0123456789---../////";
    std::mt19937 random(12);
    std::uniform_int_distribution<std::size_t> any(0, kBytes.size() - 1);
    std::uniform_int_distribution<std::size_t> length(1, 40);
    UrlRedactor redactor;
    std::size_t plain = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        std::string path(length(random), '/');
        // Mostly letters or mostly digits, so that runs grow long.
        const std::size_t from = i % 3 == 0 ? 27 : 0;
        const std::size_t span = i % 3 == 0 ? 20 : i % 3 == 1 ? 27 : kBytes.size();
        for (char& byte : path) {
            byte = kBytes[from + any(random) % span];
        }
        if (is_plain_path(path)) {
            ++plain;
            expect_unchanged(redactor, path);
        }
    }
    EXPECT_GT(plain, 10'000U);
}

TEST(PlainUrlTest, AHostThatIsPlainStaysAsItIs) {
    constexpr std::string_view kBytes = "aeioubcdfghjklmnpqrstvwxyz0123456789-._";
    std::mt19937 random(13);
    std::uniform_int_distribution<std::size_t> any(0, kBytes.size() - 1);
    std::uniform_int_distribution<std::size_t> length(1, 48);
    UrlRedactor redactor;
    std::size_t plain = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string host(length(random), 'x');
        for (char& byte : host) {
            byte = kBytes[any(random)];
        }
        if (is_plain_authority(host)) {
            ++plain;
            std::string redacted;
            bool had_userinfo = false;
            redactor.append_authority(redacted, host, had_userinfo);
            ASSERT_EQ(redacted, host);
            ASSERT_FALSE(had_userinfo);
        }
    }
    EXPECT_GT(plain, 10'000U);
    for (const std::string_view host :
         {"0123456789abcdef0123456789abcdef.h.example", "0123456789abcdef.h.example",
          "x-glpat-abcdefgh12345678.h.example", "mfrggzdfmztwq2lknnwg23tp.h.example"}) {
        EXPECT_FALSE(is_plain_authority(host)) << host;
    }
    for (const std::string_view host :
         {"ip-10-0-0-1.eu-west-1.compute.example", "bucket.s3.eu-west-1.cloud.example",
          "internationalization.example", "xn--mnchen-3ya.example"}) {
        EXPECT_TRUE(is_plain_authority(host)) << host;
    }
}

}  // namespace
}  // namespace tailer
