// SPDX-License-Identifier: MIT
#include "tailer/records/url_redaction.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/text.h"
#include "tailer/records/url_normalizer.h"
#include "tests/support/secret_forms.h"
#include "tests/support/secret_words.h"

namespace tailer {
namespace {

using test_support::kSecretEnd;
using test_support::secret_number;
using test_support::with_secret;

std::string decoded(std::string_view text) {
    PercentDecoded percent;
    percent.assign(text);
    return std::string(text) + " " + std::string(percent.text());
}

void expect_without(std::string_view secret, const NormalizedUrl& url, std::string_view form) {
    const std::string text = base::lower(decoded(url.http_url) + " " + decoded(url.domain));
    EXPECT_EQ(text.find(base::lower(secret)), std::string::npos) << form << "\n" << url.http_url;
}

TEST(UrlRedactionTest, NoFormOfASecretComesThrough) {
    for (const QueryPolicy policy : {QueryPolicy::Redact, QueryPolicy::Drop}) {
        UrlNormalizer urls(policy);
        std::size_t number = 0;
        for (const auto form : test_support::kSecretUrls) {
            const std::string secret = secret_number(number++);
            expect_without(secret, urls.normalize(with_secret(form, secret), "h.example"), form);
        }
        for (const auto form : test_support::kSecretHosts) {
            const std::string secret = secret_number(number++);
            expect_without(secret, urls.normalize("/a", with_secret(form, secret)), form);
        }
        EXPECT_GE(number, 150U);
    }
}

TEST(UrlRedactionTest, NoWordComesThroughWhereASecretStands) {
    UrlNormalizer urls(QueryPolicy::Redact);
    std::size_t number = 0;
    for (const auto form : test_support::kSecretWordUrls) {
        const std::string secret = test_support::secret_word(number++);
        expect_without(secret, urls.normalize(with_secret(form, secret), "h.example"), form);
    }
    for (const auto& [form, secret] : test_support::kShapedSecrets) {
        expect_without(secret, urls.normalize(with_secret(form, secret), "h.example"), form);
    }
}

TEST(UrlRedactionTest, PlainUrlsStayByteForByte) {
    UrlNormalizer urls(QueryPolicy::Redact);
    for (const auto url : test_support::kPlainUrls) {
        EXPECT_EQ(urls.normalize(url, "").http_url, url);
    }
    for (const auto url : test_support::kPlainPaths) {
        EXPECT_EQ(urls.normalize(url, "").http_url, url);
    }
    EXPECT_GE(std::size(test_support::kPlainUrls) + std::size(test_support::kPlainPaths), 180U);
}

TEST(UrlRedactionTest, OnceIsEnough) {
    UrlNormalizer urls(QueryPolicy::Redact);
    for (const auto form : test_support::kSecretUrls) {
        const std::string once(
            urls.normalize(with_secret(form, "zK7q001Xv9Rb2mWc4T"), "").http_url);
        EXPECT_EQ(urls.normalize(once, "").http_url, once) << form;
    }
    for (const auto form : test_support::kSecretWordUrls) {
        const std::string once(urls.normalize(with_secret(form, "letmein"), "").http_url);
        EXPECT_EQ(urls.normalize(once, "").http_url, once) << form;
    }
    for (const auto& [form, secret] : test_support::kShapedSecrets) {
        const std::string once(urls.normalize(with_secret(form, secret), "").http_url);
        EXPECT_EQ(urls.normalize(once, "").http_url, once) << form;
    }
}

struct RedactedUrl {
    std::string_view url;
    std::string_view redacted;
};

TEST(UrlRedactionTest, WhatStaysTellsWhereItWent) {
    constexpr RedactedUrl kRows[] = {
        {"https://h.example/a?token=abc&b=1", "https://h.example/a?token=REDACTED&b=1"},
        {"https://h.example/a?user=joe&password=swordfish",
         "https://h.example/a?user=joe&password=REDACTED"},
        {"https://h.example/a?x=hunter2", "https://h.example/a?x=REDACTED"},
        {"https://h.example/a?ghp_0123456789abcdef", "https://h.example/a?REDACTED"},
        {"https://h.example/a?ghp_0123456789abcdef=1", "https://h.example/a?REDACTED=REDACTED"},
        {"https://h.example/token/swordfish/edit", "https://h.example/token/REDACTED/edit"},
        {"https://h.example/services/T0/B0/x9Y",
         "https://h.example/services/REDACTED/REDACTED/REDACTED"},
        {"https://h.example/bot12:ab/getMe", "https://h.example/REDACTED/getMe"},
        {"https://h.example/hooks/3f2c1d9e-0000-4000-8000-000000000001",
         "https://h.example/hooks/REDACTED"},
        {"https://h.example/a;jsessionid=1/b", "https://h.example/a;jsessionid=REDACTED/b"},
        {"https://h.example/a%3Fb%3Dc", "https://h.example/a%3FREDACTED"},
        {"https://h.example/p/https://joe:pw@i.example/x",
         "https://h.example/p/https://REDACTED@i.example/x"},
        {"https://joe:pa/ss@h.example/x", "https://joe:REDACTED/REDACTED/x"},
        {"https://ghp_0123456789abcdef.h.example/", "https://REDACTED.h.example/"},
        {"https://h.example/%252525253F", "https://h.example/REDACTED"},
        {"https://h.example:99999999/", "https://h.example:REDACTED/"},
    };
    UrlNormalizer urls(QueryPolicy::Redact);
    for (const auto& row : kRows) {
        EXPECT_EQ(urls.normalize(row.url, "").http_url, row.redacted) << row.url;
    }
}

TEST(UrlRedactionTest, KeepKeepsAllButUserinfo) {
    UrlNormalizer urls(QueryPolicy::Keep);
    EXPECT_EQ(urls.normalize("https://joe:pw@h.example/token/x?y=z9", "").http_url,
              "https://h.example/token/x?y=z9");
}

// Each piece of a path is looked at by itself: were it the whole path each time, these would take
// minutes.
TEST(UrlRedactionTest, AMillionPiecesCostNoMoreThanTheirBytes) {
    for (const std::string piece :
         {"/a", "/\xFF", "/a@b", "/a:b", "/a;b=c", "https:/a:b/", "/a,b"}) {
        std::string path;
        while (path.size() < (1U << 20U)) {
            path += piece;
        }
        std::string out;
        UrlRedactor().append_path(out, path, {});
        EXPECT_FALSE(out.empty()) << piece;
    }
}

}  // namespace
}  // namespace tailer
