// SPDX-License-Identifier: MIT
#include "tailer/records/url_normalizer.h"

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace tailer {
namespace {

struct UrlRow {
    std::string_view what;
    std::string_view url;
    std::string_view host;
    std::string_view http_url;
    std::string_view domain;
};

TEST(UrlNormalizerTest, BringsEveryUrlToOneShape) {
    constexpr UrlRow kRows[] = {
        {"a plain URL", "https://h.example/a", "h.example", "https://h.example/a", "h.example"},
        {"no path", "https://h.example", "h.example", "https://h.example/", "h.example"},
        {"a query without path", "https://h.example?x", "h.example", "https://h.example/?x",
         "h.example"},
        {"a fragment without path", "https://h.example#x", "h.example", "https://h.example/#x",
         "h.example"},
        {"a loud scheme", "HTTPS://h.example/", "h.example", "https://h.example/", "h.example"},
        {"another scheme", "ftp://h.example/", "h.example", "http://h.example/", "h.example"},
        {"a host in capitals", "https://H.EXAMPLE/A", "H.EXAMPLE", "https://H.EXAMPLE/A",
         "h.example"},
        {"a port", "https://h.example:8443/", "h.example:8443", "https://h.example:8443/",
         "h.example"},
        {"an IPv6 host", "https://[2001:DB8::1]/", "[2001:DB8::1]", "https://[2001:DB8::1]/",
         "2001:db8::1"},
        {"an IPv6 host with a zone", "https://[fe80::1%25eth0]/", "[fe80::1%25eth0]",
         "https://[fe80::1%25eth0]/", "fe80::1%25eth0"},
        {"a bracket left open", "https://[2001/", "[2001", "https://[2001/", "2001"},
        {"a dot at the end", "https://h.example./", "h.example.", "https://h.example./",
         "h.example."},
        {"a user", "https://joe@h.example/", "h.example", "https://h.example/", "h.example"},
        {"a user and a password", "https://joe:s3cret@h.example/", "h.example",
         "https://h.example/", "h.example"},
        {"two at signs", "https://joe:s@cret@h.example/", "h.example", "https://h.example/",
         "h.example"},
        {"an at sign in the path", "https://h.example/@scope/pkg", "h.example",
         "https://h.example/@scope/pkg", "h.example"},
        {"an at sign in a query without path", "https://h.example?mail=a@b", "h.example",
         "https://h.example/?mail=REDACTED", "h.example"},
        {"a user in the Host header of a path", "/a", "joe:s3cret@h.example", "http://h.example/a",
         "h.example"},
        {"a path alone", "/a/b?x=1", "h.example:8080", "http://h.example:8080/a/b?x=1",
         "h.example"},
        {"a path with a URL in its query", "/a?u=https://other.example/", "h.example",
         "http://h.example/a?u=REDACTED", "h.example"},
        {"a URL within a path", "/proxy/https://other.example/", "h.example",
         "http://h.example/proxy/https://other.example/", "h.example"},
        {"a Host header of a path that goes on behind the host", "/a", "h.example/x?y@z",
         "http://h.example/a", "h.example"},
        {"nothing but a host", "", "h.example", "http://h.example/", "h.example"},
        {"nothing at all", "", "", "http:///", ""},
        {"coderd's form, without host", "https://h.example/a", "", "https://h.example/a",
         "h.example"},
        {"OPTIONS * with a port", "https://h.example:8443*", "h.example:8443",
         "https://h.example:8443/*", "h.example"},
        {"a star that belongs to the host", "https://*.example/", "*.example", "https://*.example/",
         "*.example"},
        {"spaces and quotes", "https://h.example/a b\"c", "h.example",
         "https://h.example/a%20b%22c", "h.example"},
        {"control bytes", std::string_view("https://h.example/\x00\x1f\x7f", 21), "h.example",
         "https://h.example/%00%1F%7F", "h.example"},
        {"a newline", "https://h.example/a\nb", "h.example", "https://h.example/a%0Ab",
         "h.example"},
        {"escapes stay as they are", "https://h.example/%zz%2f%", "h.example",
         "https://h.example/%zz%2f%", "h.example"},
        {"ampersand, slash and angle brackets stay", "https://h.example/a/?b=<c>&d=/", "h.example",
         "https://h.example/a/?b=REDACTED&d=REDACTED", "h.example"},
        {"invalid UTF-8 in the host", "https://\xff.example/", "\xff.example",
         "https://REDACTED.example/", "redacted.example"},
        {"a sequence cut by the end", "https://h.example/\xe2\x82", "h.example",
         "https://h.example/%E2%82", "h.example"},
    };
    UrlNormalizer urls(QueryPolicy::Redact);
    for (const auto& row : kRows) {
        const NormalizedUrl url = urls.normalize(row.url, row.host);
        EXPECT_EQ(url.http_url, row.http_url) << row.what;
        EXPECT_EQ(url.domain, row.domain) << row.what;
    }
    for (const auto& row : kRows) {
        const NormalizedUrl url = urls.normalize(row.url, row.host);
        EXPECT_EQ(url.http_url, row.http_url) << row.what << ", seen again";
        EXPECT_EQ(url.domain, row.domain) << row.what << ", seen again";
    }
}

TEST(UrlNormalizerTest, SaysOfEachOfManyUrlsWhatItSaidBefore) {
    UrlNormalizer urls(QueryPolicy::Redact);
    std::string folders;
    for (int i = 0; i < 60; ++i) {
        folders += "docs/";
    }
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 1'000; ++i) {
            const std::string host = "h" + std::to_string(i % 7) + ".example";
            const std::string url = "https://" + host + "/" + (i % 100 == 0 ? folders : "") +
                                    "pkg/-/pkg-" + std::to_string(i) + ".tgz";
            const NormalizedUrl said = urls.normalize(url, host);
            ASSERT_EQ(said.http_url, url);
            ASSERT_EQ(said.domain, host);
        }
    }
}

TEST(UrlNormalizerTest, TakesTheHostOfEachPath) {
    UrlNormalizer urls(QueryPolicy::Redact);
    EXPECT_EQ(urls.normalize("/a", "one.example").http_url, "http://one.example/a");
    EXPECT_EQ(urls.normalize("/a", "two.example").http_url, "http://two.example/a");
}

TEST(UrlNormalizerTest, TreatsTheQueryByPolicy) {
    struct PolicyRow {
        QueryPolicy policy;
        std::string_view url;
        std::string_view http_url;
    };
    constexpr PolicyRow kRows[] = {
        {QueryPolicy::Redact, "https://h.example/a?token=s3cret&b=1#f",
         "https://h.example/a?token=REDACTED&b=1#f"},
        {QueryPolicy::Redact, "https://h.example?token=s3cret",
         "https://h.example/?token=REDACTED"},
        {QueryPolicy::Redact, "/a?token=s3cret", "http://h.example/a?token=REDACTED"},
        {QueryPolicy::Redact, "https://h.example/a?token=s3 \"cret&b= ",
         "https://h.example/a?token=REDACTED&b=REDACTED"},
        {QueryPolicy::Redact, "https://h.example/a?", "https://h.example/a?"},
        {QueryPolicy::Keep,
         "https://h.example/a?token=s3cret&b= ", "https://h.example/a?token=s3cret&b=%20"},
        {QueryPolicy::Keep, "https://joe:s3cret@h.example/a?b", "https://h.example/a?b"},
        {QueryPolicy::Drop, "https://h.example/a?token=s3cret&b=1", "https://h.example/a"},
        {QueryPolicy::Drop, "https://h.example?b=1", "https://h.example/"},
        {QueryPolicy::Drop, "https://h.example/a?b=1#f", "https://h.example/a#f"},
        {QueryPolicy::Drop, "https://h.example/a#f?b=1", "https://h.example/a#REDACTED=REDACTED"},
        {QueryPolicy::Drop, "/a?b=1", "http://h.example/a"},
    };
    for (const auto& row : kRows) {
        UrlNormalizer urls(row.policy);
        EXPECT_EQ(urls.normalize(row.url, "h.example").http_url, row.http_url) << row.url;
    }
}

TEST(UrlNormalizerTest, EveryDashboardPatternReadsTheResult) {
    // They look in the raw line for "http_url":"(https?)://(domain up to a slash, colon or quote).
    const std::string_view pieces[] = {"https://", "http://", "h.example", "[::1]", "@",  "/",
                                       "?",        "#",       "\"",        "\\",    "\n", " ",
                                       "\xff",     "\u00e9",  ":80",       "*",     "=",  "token"};
    std::mt19937 random(3);
    std::uniform_int_distribution<std::size_t> any(0, std::size(pieces) - 1);
    UrlNormalizer urls(QueryPolicy::Redact);
    for (int i = 0; i < 20'000; ++i) {
        std::string url;
        std::string host;
        for (int piece = 0; piece < 6; ++piece) {
            url += pieces[any(random)];
        }
        host += pieces[any(random)];
        const std::string http_url(urls.normalize(url, host).http_url);
        UrlNormalizer fresh(QueryPolicy::Redact);
        ASSERT_EQ(http_url, fresh.normalize(url, host).http_url) << "whatever came before";
        std::string quoted;
        base::append_json_string(quoted, http_url);
        ASSERT_EQ(quoted, "\"" + http_url + "\"") << "nothing is left to escape";
        ASSERT_EQ(http_url.find_first_of(" \"\\\n"), std::string::npos) << http_url;
        ASSERT_TRUE(http_url.starts_with("http://") || http_url.starts_with("https://"))
            << http_url;
        const std::size_t path = http_url.find('/', http_url.find("://") + 3);
        ASSERT_NE(path, std::string::npos) << http_url;
        ASSERT_GT(http_url.find_first_of("?#"), path) << http_url;
        ASSERT_EQ(http_url.substr(0, path).find('@'), std::string::npos) << http_url;
    }
}

}  // namespace
}  // namespace tailer
