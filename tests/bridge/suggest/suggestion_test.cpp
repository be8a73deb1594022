// SPDX-License-Identifier: MIT
#include "bridge/suggest/suggestion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge::suggest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Asked {
    std::string method;
    std::string url;
    std::string call;
};

Suggestion suggestion_for(const std::vector<Asked>& asked, std::uint64_t min_count = 1) {
    Denied denied;
    for (const auto& [method, url, call] : asked) {
        denied.add(method, url, call, call.empty() ? "" : "bash");
    }
    Suggestion suggestion;
    suggestion.denied = asked.size();
    write_rules(denied, min_count, suggestion);
    return suggestion;
}

std::vector<std::string> rules(const Suggestion& suggestion) {
    std::vector<std::string> texts;
    for (const auto& rule : suggestion.rules) {
        EXPECT_TRUE(parse_allow_rule(rule.text)) << rule.text;
        texts.push_back(rule.text);
    }
    return texts;
}

TEST(SuggestionTest, PathsThatTheSameMethodsAskForMakeOneRule) {
    const auto suggestion = suggestion_for({{"GET", "https://a.example/x", "c1"},
                                            {"GET", "https://a.example/y", "c2"},
                                            {"GET", "https://a.example/z", ""},
                                            {"POST", "https://a.example/z", ""},
                                            {"GET", "https://b.example/x", ""}});
    EXPECT_THAT(rules(suggestion), ElementsAre("method=GET domain=a.example path=/x,/y",
                                               "method=GET,POST domain=a.example path=/z",
                                               "method=GET domain=b.example path=/x"));
    EXPECT_EQ(suggestion.covered, 5U);
    EXPECT_EQ(suggestion.rules[0].wanted.calls.size(), 2U);
    EXPECT_EQ(suggestion.calls[0].id, "c1");
}

TEST(SuggestionTest, ManySiblingsBecomeAWildcardAndItIsSaid) {
    std::vector<Asked> asked;
    for (std::size_t i = 0; i < kWildcardFrom - 1; ++i) {
        asked.push_back({"GET", "https://a.example/pkg/p" + std::to_string(i) + "/meta", ""});
    }
    EXPECT_THAT(suggestion_for(asked).rules.front().paths, SizeIs(kWildcardFrom - 1));
    EXPECT_THAT(suggestion_for(asked).rules.front().wanted.wider, 0);
    asked.push_back({"GET", "https://a.example/pkg/other/meta", ""});
    asked.push_back({"GET", "https://a.example/pkg/other/data", ""});
    const auto many = suggestion_for(asked);
    EXPECT_THAT(rules(many),
                ElementsAre("method=GET domain=a.example path=/pkg/*/data,/pkg/*/meta"));
    EXPECT_THAT(reasons(many.rules.front().wanted.wider), SizeIs(1));
    EXPECT_EQ(many.covered, kWildcardFrom + 1);
}

TEST(SuggestionTest, ManyHostsOfOneOwnerBecomeAWildcard) {
    for (const auto& [parent, joined] :
         std::vector<std::pair<std::string, bool>>{{"cdn.example.com", true},
                                                   {"example.com", true},
                                                   {"com", false},
                                                   {"co.uk", false},
                                                   {"github.io", false},
                                                   {"s3.amazonaws.com", false},
                                                   {"0.0.10", false}}) {
        std::vector<Asked> asked;
        for (std::size_t i = 0; i < kWildcardFrom; ++i) {
            asked.push_back({"GET", "https://h" + std::to_string(i) + "." + parent + "/x", ""});
        }
        const auto suggestion = suggestion_for(asked);
        if (joined) {
            EXPECT_THAT(rules(suggestion),
                        ElementsAre("method=GET domain=*." + parent + " path=/x"));
        } else {
            EXPECT_THAT(rules(suggestion), SizeIs(kWildcardFrom)) << parent;
        }
        EXPECT_EQ(suggestion.covered, kWildcardFrom) << parent;
    }
}

TEST(SuggestionTest, ASecretIsNeverSuggested) {
    const auto suggestion = suggestion_for({{"GET", "https://a.example/hook/REDACTED/x", ""},
                                            {"GET", "https://a.example/hook/REDACTED", ""},
                                            {"GET", "https://a.example/hook/plain", ""},
                                            {"GET", "https://REDACTED.b.example/x", ""},
                                            {"GET", "https://REDACTED.example/x", ""},
                                            {"GET", "https://a.REDACTED.example/x", ""}});
    EXPECT_THAT(rules(suggestion), ElementsAre("method=GET domain=a.example path=/hook/plain",
                                               "method=GET domain=a.example path=/hook/*",
                                               "method=GET domain=*.b.example path=/x"));
    EXPECT_THAT(suggestion_yaml(suggestion), testing::Not(testing::HasSubstr("REDACTED")));
    EXPECT_THAT(suggestion.impossible,
                ElementsAre(std::pair("a secret stands in the host's name", 2U)));
}

TEST(SuggestionTest, TheRootHasNoPatternOfItsOwn) {
    const auto suggestion =
        suggestion_for({{"GET", "https://a.example/", ""}, {"GET", "https://a.example/x", ""}});
    // The exact one stays, for who will not have the wide one.
    EXPECT_THAT(rules(suggestion),
                ElementsAre("method=GET domain=a.example path=/x", "method=GET domain=a.example"));
    EXPECT_THAT(suggestion_yaml(suggestion), testing::HasSubstr("no pattern for / alone"));
}

TEST(SuggestionTest, SaysWhatNoRuleCanLetThrough) {
    const auto suggestion = suggestion_for({{"GET", "https://[::1]:80/x", ""},
                                            {"G T", "https://a.example/x", ""},
                                            {"GET", "https://my_host/x", ""},
                                            {"GET", "https:///x", ""},
                                            {"GET", "https://a.example/%zz", ""}});
    EXPECT_THAT(suggestion.rules, IsEmpty());
    EXPECT_THAT(suggestion.impossible, SizeIs(5));
    EXPECT_THAT(suggestion_yaml(suggestion), testing::HasSubstr("allowlist: []\n"));
}

TEST(SuggestionTest, LeavesOutWhatIsAskedForSeldom) {
    const auto suggestion = suggestion_for({{"GET", "https://a.example/x", ""},
                                            {"GET", "https://a.example/x", ""},
                                            {"GET", "https://a.example/y", ""}},
                                           2);
    EXPECT_THAT(rules(suggestion), ElementsAre("method=GET domain=a.example path=/x"));
    EXPECT_EQ(suggestion.below_min_count, 1U);
}

TEST(SuggestionTest, AFloodOfDifferentRequestsCostsBoundedMemory) {
    Denied denied;
    constexpr std::size_t kFlood = 300'000;
    for (std::size_t i = 0; i < kFlood; ++i) {
        const std::string n = std::to_string(i);
        std::string host = "https://h";
        host.append(n).append(".d").append(n).append(".example/p");
        denied.add("GET", host, "call-" + n, "bash");
        std::string path = "https://a.example/";
        path.append(n).append("/x/").append(n);
        denied.add("GET", path, "", "");
        denied.add("GET", "https://kept.example/often", "", "");
    }
    std::size_t nodes = 0;
    for (const auto& [name, host] : denied.hosts()) {
        for (const auto& [method, tree] : host.by_method) {
            nodes += tree.nodes();
        }
    }
    EXPECT_LE(nodes, Denied::kMostNodes);
    Suggestion suggestion;
    write_rules(denied, 1, suggestion);
    EXPECT_EQ(suggestion.covered + suggestion.dropped, 3 * kFlood);
    EXPECT_EQ(denied.hosts().at("kept.example").by_method.at("GET").requests(), kFlood);
    EXPECT_THAT(rules(suggestion), testing::Contains("method=GET domain=a.example path=/*/x/*"));
    EXPECT_LE(suggestion.calls.size(), Denied::kMostCalls);
}

}  // namespace
}  // namespace bridge::suggest
