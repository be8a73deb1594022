// SPDX-License-Identifier: MIT
#include "bridge/verify/stored_line.h"

#include <gtest/gtest.h>

#include "tailer/records/enricher.h"

namespace bridge::verify {
namespace {

constexpr KeyedHash kHash(1, 2);
constexpr auto kSession = "boundary-2026-06-09_12-00-00-1";

/// What the reader makes of a line outlives it here.
struct Read {
    StoredLine line;
    std::string identity;
    std::string session;
};

std::optional<Read> read(std::string_view text) {
    StoredLineReader reader(kHash);
    const auto line = reader.read(text);
    return line
               ? std::optional(Read{*line, std::string(line->identity), std::string(line->session)})
               : std::nullopt;
}

struct Wish {
    tailer::LineFormat format = tailer::LineFormat::Json;
    std::string owner = "joe";
    std::string url = "https://h.example/a=b?c=d";
    const tailer::ToolCallMatch* call = nullptr;
    bool url_truncated = false;
};

std::optional<Read> decision(const Wish& wish) {
    tailer::EnrichSettings settings;
    settings.line_format = wish.format;
    settings.identity.owner = wish.owner;
    settings.identity.workspace_name = "a \"quoted\" name\\";
    tailer::Enricher enricher(settings);
    tailer::Decision parsed;
    parsed.verdict = tailer::Verdict::Allow;
    parsed.time_ns = 1'000'000'000;
    parsed.method = "GET";
    parsed.url = wish.url;
    parsed.host = "h.example";
    parsed.rule = "domain=h.example path=/a";
    parsed.url_truncated = wish.url_truncated;
    return read(enricher.enrich(parsed, kSession, 41, wish.call).line);
}

TEST(StoredLineTest, ReadsADecisionInBothFormats) {
    const auto json = decision({});
    const auto logfmt = decision({.format = tailer::LineFormat::Logfmt});
    for (const auto& line : {json, logfmt}) {
        ASSERT_TRUE(line);
        EXPECT_EQ(line->line.kind, StoredLine::Kind::Decision);
        EXPECT_EQ(line->session, kSession);
        EXPECT_EQ(line->line.seq, 41U);
        EXPECT_EQ(line->line.event_ns, 1'000'000'000);
        EXPECT_FALSE(line->line.names_tool_call);
    }
    EXPECT_EQ(json->line.core, logfmt->line.core);
    EXPECT_EQ(json->identity, logfmt->identity);
    EXPECT_NE(json->line.whole, logfmt->line.whole);
}

TEST(StoredLineTest, OneOfAnOverLongUrlIsADecision) {
    for (const auto format : {tailer::LineFormat::Json, tailer::LineFormat::Logfmt}) {
        const auto cut = decision({.format = format, .url_truncated = true});
        ASSERT_TRUE(cut);
        EXPECT_EQ(cut->line.kind, StoredLine::Kind::Decision);
        EXPECT_EQ(cut->line.seq, 41U);
    }
}

TEST(StoredLineTest, TheCoreIsWhatBoundaryDecided) {
    const tailer::ToolCallMatch call{tailer::ToolMatch::Exact, "id", "bash", "chat", "sh"};
    for (const auto format : {tailer::LineFormat::Json, tailer::LineFormat::Logfmt}) {
        const auto plain = decision({.format = format});
        const auto other = decision({.format = format, .owner = "eve", .call = &call});
        EXPECT_EQ(plain->line.core, other->line.core);
        EXPECT_NE(plain->line.whole, other->line.whole);
        EXPECT_NE(plain->identity, other->identity);
        EXPECT_TRUE(other->line.names_tool_call);
        EXPECT_NE(plain->line.core,
                  decision({.format = format, .url = "https://h.example/b"})->line.core);
    }
}

TEST(StoredLineTest, ReadsANotice) {
    for (const auto format : {tailer::LineFormat::Json, tailer::LineFormat::Logfmt}) {
        tailer::EnrichSettings settings;
        settings.line_format = format;
        settings.notices = tailer::NoticePolicy::All;
        tailer::Enricher enricher(settings);
        tailer::Notice notice;
        notice.time_ns = 5;
        notice.level = "WARN";
        notice.message = "something odd";
        const auto line = read(enricher.enrich(notice, kSession, 7).line);
        ASSERT_TRUE(line);
        EXPECT_EQ(line->line.kind, StoredLine::Kind::Notice);
        EXPECT_EQ(line->line.seq, 7U);
        EXPECT_EQ(line->session, kSession);
    }
}

TEST(StoredLineTest, WhatIsNotOursIsNot) {
    for (const char* text :
         {"", "{", "text", "{}", R"({"msg":"boundary_request"})",
          R"({"msg":"boundary_request","fields":{"decision":"deny"}})",  // coderd's own
          R"({"msg":"boundary_request","fields":{"session":["s"]}})",
          R"({"msg":"other","fields":{"session":"s","seq":1}})", "boundary_request session=\"open",
          "boundary_requests session=s seq=1", "boundary_request session=s seq",
          "level=x session=s"}) {
        EXPECT_FALSE(read(text)) << text;
    }
    // A number that is none is no number.
    EXPECT_EQ(read("boundary_request session=s seq=1x")->line.seq, std::nullopt);
    EXPECT_EQ(read("boundary_request session=s seq=-1")->line.seq, std::nullopt);
}

}  // namespace
}  // namespace bridge::verify
