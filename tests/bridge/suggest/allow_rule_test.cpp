// SPDX-License-Identifier: MIT
#include "bridge/suggest/allow_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge::suggest {
namespace {

using testing::ElementsAre;

/// What the real Boundary v0.9.0 was seen to answer.
TEST(AllowRuleTest, MatchesAsBoundaryDoes) {
    struct Case {
        const char* rule;
        const char* method;
        const char* url;
        bool allowed;
    };
    for (const auto& [rule, method, url, allowed] : std::initializer_list<Case>{
             {"domain=github.com", "GET", "https://github.com/a", true},
             {"domain=github.com", "GET", "https://github.com:8443/a", true},
             {"domain=github.com", "GET", "https://api.github.com/a", false},
             {"domain=github.com", "GET", "https://GitHub.com/a", false},
             {"domain=*.github.com", "GET", "https://a.b.github.com/", true},
             {"domain=*.github.com", "GET", "https://github.com/", false},
             {"domain=a.*.com", "GET", "https://a.b.com/", true},
             {"domain=a.*.com", "GET", "https://a.b.c.com/", false},
             {"domain=*", "GET", "https://anything.example/", true},
             {"method=GET,HEAD", "HEAD", "https://h.example/", true},
             {"method=GET,HEAD", "get", "https://h.example/", false},
             {"method=*", "PATCH", "https://h.example/", true},
             {"path=/a", "GET", "https://h.example/a?q=1", true},
             {"path=/a", "GET", "https://h.example/a/", false},
             {"path=/a/", "GET", "https://h.example/a", true},
             {"path=/a/*", "GET", "https://h.example/a/", true},
             {"path=/a/*", "GET", "https://h.example/a", false},
             {"path=/a/*", "GET", "https://h.example/a/b/c", true},
             {"path=/a/*/c", "GET", "https://h.example/a/b/c", true},
             {"path=/a/*/c", "GET", "https://h.example/a/b/b/c", false},
             {"path=/", "GET", "https://h.example/all/there/is", true},
             {"path=/*", "GET", "https://h.example/", true},
             {"path=/a%20b", "GET", "https://h.example/a%20b", false},
             {"path=/a/b", "GET", "https://h.example/a%2Fb", true},
             {"path=/x,/y/z", "GET", "https://h.example/y/z", true},
             {"", "GET", "https://h.example/", true},
         }) {
        const auto parsed = parse_allow_rule(rule);
        ASSERT_TRUE(parsed) << rule;
        EXPECT_EQ(matches(*parsed, method, *target_of(url)), allowed) << rule << " " << url;
    }
}

TEST(AllowRuleTest, RefusesWhatBoundaryRefuses) {
    for (const char* rule : {"github.com", "domain=", "domain=github.*", "domain=github.com:80",
                             "domain=-a.com", "domain=a-.com", "domain=a..com", "method=",
                             "method=GET,", "path=/a*b/*c", "host=a.com", "domain=a.com, path=/"}) {
        EXPECT_FALSE(parse_allow_rule(rule)) << rule;
    }
}

TEST(AllowRuleTest, TakesATargetApart) {
    EXPECT_EQ(target_of("http://[2001:db8::1]:8080/a")->host, "2001:db8::1");
    EXPECT_EQ(target_of("https://h.example:443/a")->host, "h.example");
    EXPECT_THAT(target_of("https://h.example/a//b%2fc/?x=/y#z")->segments,
                ElementsAre("a", "", "b", "c", ""));
    EXPECT_THAT(target_of("https://h.example/")->segments, ElementsAre(""));
    EXPECT_TRUE(target_of("https://h.example")->segments.empty());
    EXPECT_FALSE(target_of("https://h.example/%zz"));
    EXPECT_FALSE(target_of("https://h.example/%4"));
    EXPECT_FALSE(target_of("nothing"));
}

TEST(AllowRuleTest, KnowsWhatAPatternCanName) {
    for (const char* segment : {"a", "a.b-c_d~", "%20", "a%2Fb", "!$&'()*+;=:@", "a*"}) {
        EXPECT_TRUE(is_segment_pattern(segment)) << segment;
    }
    for (const char* segment :
         {"", "*", "*a", "a b", "a,b", "a%", "a%2", "\xc3\xa9", "a\"b", "a#"}) {
        EXPECT_FALSE(is_segment_pattern(segment)) << segment;
    }
    EXPECT_TRUE(is_label_pattern("xn--a"));
    EXPECT_FALSE(is_label_pattern("my_host"));
    EXPECT_FALSE(is_label_pattern("*"));
    EXPECT_TRUE(is_method_pattern("M-SEARCH"));
    EXPECT_FALSE(is_method_pattern("*"));
    EXPECT_FALSE(is_method_pattern("GET "));
}

}  // namespace
}  // namespace bridge::suggest
