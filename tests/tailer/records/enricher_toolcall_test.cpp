// SPDX-License-Identifier: MIT
// What a tool call makes of a record.
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/records/enricher.h"
#include "tests/tailer/collected.h"

namespace tailer {
namespace {

using test_support::keep;
using test_support::kNoon;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

Decision denied() {
    Decision decision;
    decision.verdict = Verdict::Deny;
    return decision;
}

constexpr std::string_view kOfSession = "boundary-2026-06-09_12-00-00-4242";

ToolCallMatch bash_call() { return {ToolMatch::Window, "toolu_01", "Bash", "chat-1", "claude"}; }

TEST(EnricherToolCallTest, ToldOfAToolCallItLabelsTheRecordWithIt) {
    Enricher enricher(EnrichSettings{});
    const ToolCallMatch call = bash_call();
    const Record record = enricher.enrich(denied(), kOfSession, 0, &call);
    EXPECT_THAT(std::string(record.line),
                HasSubstr(R"("session":"boundary-2026-06-09_12-00-00-4242","seq":0,"tool":"Bash",)"
                          R"("tool_call_id":"toolu_01","chat_id":"chat-1",)"
                          R"("tool_match":"window","tool_name":"Bash",)"
                          R"("confined_process":"claude"}})"));
    EXPECT_THAT(enricher.streams().at(record.stream),
                UnorderedElementsAre(Pair("decision", "deny"), Pair("job", "boundary"),
                                     Pair("tool", "Bash")));
    EXPECT_THAT(keep(record).metadata,
                IsSupersetOf({Pair("tool_name", "Bash"), Pair("tool_call_id", "toolu_01"),
                              Pair("tool_match", "window"), Pair("chat_id", "chat-1"),
                              Pair("confined_process", "claude")}));
    EXPECT_THAT(keep(record).metadata, Not(Contains(Key("tool"))));
}

TEST(EnricherToolCallTest, AnyNumberOfToolsMakesAFewStreams) {
    Enricher enricher(EnrichSettings{});
    const std::size_t before = enricher.streams().size();
    ToolCallMatch call = bash_call();
    for (int i = 0; i < 1000; ++i) {
        const std::string name = (i % 2 == 0 ? "mcp__" : "tool-") + std::to_string(i);
        call.tool = name;
        const Record record = enricher.enrich(denied(), kOfSession, 0, &call);
        EXPECT_THAT(enricher.streams().at(record.stream),
                    Contains(Pair("tool", i % 2 == 0 ? "mcp" : "other")));
        EXPECT_THAT(keep(record).metadata, Contains(Pair("tool_name", name)));
    }
    EXPECT_EQ(enricher.streams().size(), before + 2);
    call.tool = "";
    const Record unnamed = enricher.enrich(denied(), kOfSession, 0, &call);
    EXPECT_THAT(enricher.streams().at(unnamed.stream), Not(Contains(Key("tool"))));
    EXPECT_EQ(enricher.streams().size(), before + 2);
}

TEST(EnricherToolCallTest, AToolThatIsNoStreamLabelBecomesMetadata) {
    EnrichSettings settings;
    settings.stream_labels = {"job", "decision"};
    Enricher enricher(settings);
    const ToolCallMatch call = bash_call();
    const Record record = enricher.enrich(denied(), kOfSession, 0, &call);
    EXPECT_THAT(enricher.streams().at(record.stream), Not(Contains(Key("tool"))));
    EXPECT_THAT(keep(record).metadata, Contains(Pair("tool", "Bash")));
    EXPECT_EQ(enricher.streams().size(), 3U);
}

TEST(EnricherToolCallTest, AFleetsStreamLabelsMakeThreeStreamsWhateverTheTools) {
    const auto streams_with = [](const std::vector<std::string>& left_out) {
        EnrichSettings settings;
        for (const auto& name : left_out) {
            std::erase(settings.stream_labels, name);
        }
        Enricher enricher(settings);
        ToolCallMatch call = bash_call();
        for (const char* tool : {"execute", "Bash", "WebFetch", "Read", "mcp__a__b"}) {
            for (const Verdict verdict : {Verdict::Allow, Verdict::Deny}) {
                Decision decision;
                decision.verdict = verdict;
                call.tool = tool;
                static_cast<void>(enricher.enrich(decision, kOfSession, 0, &call));
            }
        }
        return enricher.streams().size();
    };
    EXPECT_EQ(streams_with({}), 13U) << "each verdict under each tool and under none, and notices";
    EXPECT_EQ(streams_with({"tool"}), 3U);
}

}  // namespace
}  // namespace tailer
