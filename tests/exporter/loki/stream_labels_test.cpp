// SPDX-License-Identifier: MIT
#include "exporter/loki/stream_labels.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace exporter {
namespace {

struct EscapingCase {
    const char* says;
    std::string value;
    std::string text;
};

const EscapingCase kEscaping[] = {
    {"plain text stays as it is", "deny", R"({a="deny"})"},
    {"a backslash is escaped", R"(C:\x)", R"({a="C:\\x"})"},
    {"a quote is escaped", R"(say "no")", R"({a="say \"no\""})"},
    {"a newline becomes its escape", "one\ntwo", R"({a="one\ntwo"})"},
    {"a backslash before an n is no newline", R"(one\ntwo)", R"({a="one\\ntwo"})"},
    {"tab and carriage return stay raw, as Loki takes them", "a\tb\r", "{a=\"a\tb\r\"}"},
    {"a comma, a brace and an equals sign need no escape", "a,b}={", R"({a="a,b}={"})"},
    {"UTF-8 stays", "caf\xC3\xA9", "{a=\"caf\xC3\xA9\"}"},
    {"an invalid byte becomes the replacement character", "a\xFF", "{a=\"a\xEF\xBF\xBD\"}"},
};

TEST(StreamLabelsTest, EscapesWhatLokiNeedsEscaped) {
    for (const auto& test : kEscaping) {
        EXPECT_EQ(stream_labels_text({{"a", test.value}}), test.text) << test.says;
    }
}

TEST(StreamLabelsTest, WritesLabelsInTheirOrder) {
    EXPECT_EQ(stream_labels_text({{"decision", "deny"}, {"job", "boundary"}}),
              R"({decision="deny", job="boundary"})");
}

TEST(StreamLabelsTest, WritesNoLabelsAsEmptyBraces) {
    EXPECT_EQ(stream_labels_text({}), "{}");
    EXPECT_TRUE(parse_stream_labels("{}").empty());
}

TEST(StreamLabelsTest, ParsesRandomLabelsBackToWhatTheyWere) {
    std::mt19937_64 random(20260609);
    // Whatever could end a value, a pair or the text too early.
    const std::vector<std::string> pieces = {
        "\\", "\"", "\n",  "{", "}", ",", " ", "=", "n", "late", "\xC3\xA9", "\xF0\x9F\x98\x80",
        "\t", "\r", "\x01"};
    for (int round = 0; round < 2000; ++round) {
        base::Labels labels;
        const std::size_t count = 1 + random() % 5;
        for (std::size_t i = 0; i < count; ++i) {
            std::string value;
            const std::size_t length = 1 + random() % 12;
            for (std::size_t k = 0; k < length; ++k) {
                value += pieces[random() % pieces.size()];
            }
            labels.emplace_back("name_" + std::to_string(i), value);
        }
        ASSERT_EQ(parse_stream_labels(stream_labels_text(labels)), labels)
            << stream_labels_text(labels);
    }
}

TEST(StreamLabelsTest, ParsesAnyTextWithoutHarm) {
    const std::string whole = R"({a="x\"y\\", b="\n"})";
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        EXPECT_LE(parse_stream_labels(whole.substr(0, length)).size(), 2U);
    }
    EXPECT_TRUE(parse_stream_labels("").empty());
    EXPECT_TRUE(parse_stream_labels("no labels").empty());
}

TEST(StreamLabelsTest, WritesJsonThatHoldsTheSameLabels) {
    const base::Labels labels = {{"job", "boundary"}, {"owner", "a \"b\"\n\\ \xC3\xA9"}};
    simdjson::dom::parser parser;
    const simdjson::dom::element json = parser.parse(stream_labels_json(labels));
    EXPECT_EQ(std::string_view(json["job"]), labels[0].second);
    EXPECT_EQ(std::string_view(json["owner"]), labels[1].second);
    EXPECT_EQ(stream_labels_json({}), "{}");
}

TEST(StreamLabelsTest, KnowsWhichNamesLokiTakes) {
    for (const char* name : {"a", "_", "job", "__stream_shard__", "A9_z"}) {
        EXPECT_TRUE(is_label_name(name)) << name;
    }
    for (const char* name : {"", "9a", "a-b", "a.b", "a:b", "a b", "caf\xC3\xA9", "a\n", "\"a\""}) {
        EXPECT_FALSE(is_label_name(name)) << name;
    }
}

}  // namespace
}  // namespace exporter
