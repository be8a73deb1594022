// SPDX-License-Identifier: MIT
#include "tailer/records/notice_policy.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/records/enricher.h"
#include "tests/tailer/collected.h"

namespace tailer {
namespace {

using test_support::keep;
using test_support::KeptRecord;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kCommand = "[sh -c curl -H 'Authorization: Bearer swordfish']";

KeptRecord enriched(NoticePolicy policy, std::string_view level, std::string_view message,
                    const std::vector<base::LabelView>& fields) {
    EnrichSettings settings;
    settings.notices = policy;
    Enricher enricher(settings);
    return keep(enricher.enrich(Notice{0, level, message, fields}, "boundary-x", 0));
}

TEST(NoticePolicyTest, LifecycleLinesAreCountedAndNotShipped) {
    for (const std::string_view message :
         {"Executing target command", "boundary session started", "Start landjail manager",
          "Command completed, shutting down...", "Received signal, shutting down...",
          "Starting HTTP proxy with TLS termination", "Failed to close connection"}) {
        const auto record = enriched(NoticePolicy::Trail, "INFO", message, {{"command", kCommand}});
        EXPECT_EQ(record.kind, RecordKind::Lifecycle) << message;
        EXPECT_FALSE(record.shipped) << message;
        EXPECT_EQ(record.line, "") << message;
        EXPECT_EQ(record.notice, message);
    }
    EXPECT_FALSE(enriched(NoticePolicy::Trail, "DEBUG", "a new one", {}).shipped);
}

TEST(NoticePolicyTest, NoticesOfTheTrailKeepTheirOwnKeysAlone) {
    const auto record = enriched(NoticePolicy::Trail, "WARN", "failed to connect to audit socket",
                                 {{"path", "/tmp/boundary-audit.sock"},
                                  {"error", "connection refused"},
                                  {"command", kCommand}});
    EXPECT_EQ(record.kind, RecordKind::Notice);
    EXPECT_THAT(record.line,
                HasSubstr(R"("path":"/tmp/boundary-audit.sock","error":"connection refused")"));
    EXPECT_THAT(record.line, Not(HasSubstr("command")));
    EXPECT_THAT(record.line, Not(HasSubstr("swordfish")));
}

TEST(NoticePolicyTest, AKnownKeysValueIsOfItsKind) {
    const auto line = [](std::string_view message, std::string_view key, std::string_view value) {
        return enriched(NoticePolicy::Trail, "WARN", message, {{key, value}}).line;
    };
    constexpr std::string_view kFlush = "no connection to flush; resetting batch timer";
    EXPECT_THAT(line(kFlush, "duration_sec", "1.5"), HasSubstr(R"("duration_sec":"1.5")"));
    EXPECT_THAT(line(kFlush, "batch_size", "letmein"), HasSubstr(R"("batch_size":"REDACTED")"));
    EXPECT_THAT(line(kFlush, "other", "1"), Not(HasSubstr("other")));

    EnrichSettings settings;
    Enricher enricher(settings);
    const std::vector<base::LabelView> forged = {{"method", "LETMEIN"},
                                                 {"url", "https://h.example/token/letmein"},
                                                 {"host", "h.example"},
                                                 {"rule", "domain=h.example letmein"}};
    const auto suspect =
        keep(enricher.enrich(Notice{0, "INFO", "DENY", forged, "level"}, "boundary-x", 0));
    EXPECT_THAT(suspect.line, HasSubstr(R"("method":"REDACTED")"));
    EXPECT_THAT(suspect.line, HasSubstr(R"(domain=h.example REDACTED)"));
    EXPECT_THAT(suspect.line, HasSubstr("https://h.example/token/REDACTED"));
    EXPECT_THAT(suspect.line, Not(HasSubstr("letmein")));
}

TEST(NoticePolicyTest, AnUnknownMessageIsShippedWithoutItsValues) {
    const auto record =
        enriched(NoticePolicy::Trail, "WARN", "something new", {{"value", "plain"}});
    EXPECT_EQ(record.kind, RecordKind::Notice);
    EXPECT_THAT(record.line, HasSubstr(R"("msg":"boundary: something new")"));
    EXPECT_THAT(record.line, Not(HasSubstr("plain")));
    EXPECT_THAT(
        enriched(NoticePolicy::Trail, "WARN", "the token 9aB3xY7pQ2mK5tR8wZ is bad", {}).line,
        Not(HasSubstr("9aB3xY7p")));
}

TEST(NoticePolicyTest, ACommandsExitStatusIsNoCrash) {
    const auto kind = [](std::string_view error) {
        return enriched(NoticePolicy::Trail, "ERROR", "Failed to run child process",
                        {{"error", error}})
            .kind;
    };
    EXPECT_EQ(kind("exit status 3"), RecordKind::Lifecycle);
    EXPECT_EQ(kind("exit status 127"), RecordKind::Lifecycle);
    EXPECT_EQ(kind("signal: killed"), RecordKind::Notice);
    EXPECT_EQ(kind("exit status 3, and more"), RecordKind::Notice);
    EXPECT_EQ(kind("fork/exec /usr/bin/boundary: permission denied"), RecordKind::Notice);
}

TEST(NoticePolicyTest, AllShipsTheTextWithoutSecretsAndNoneNothing) {
    const auto all =
        enriched(NoticePolicy::All, "INFO", "Executing target command", {{"command", kCommand}});
    EXPECT_EQ(all.kind, RecordKind::Lifecycle) << "what a line is does not depend on the policy";
    EXPECT_TRUE(all.shipped);
    EXPECT_THAT(all.line, HasSubstr(R"("command":"REDACTED")"));
    for (const std::string_view key : {"password", "api_key", "env", "Zx9Kq2Lm"}) {
        EXPECT_THAT(enriched(NoticePolicy::All, "INFO", "x", {{key, "letmein"}}).line,
                    Not(HasSubstr("letmein")))
            << key;
    }
    EXPECT_THAT(all.line, Not(HasSubstr("swordfish")));
    EXPECT_THAT(enriched(NoticePolicy::All, "INFO", "x", {{"value", "plain"}}).line,
                HasSubstr("plain"));

    const auto none = enriched(NoticePolicy::None, "WARN", "audit log dropped, channel full", {});
    EXPECT_EQ(none.kind, RecordKind::Notice);
    EXPECT_FALSE(none.shipped);
    EnrichSettings settings;
    settings.notices = NoticePolicy::None;
    Enricher enricher(settings);
    EXPECT_TRUE(enricher.enrich_own({0, "ERROR", "log file was truncated", {}}, "s").shipped);
}

TEST(NoticePolicyTest, EveryRowSaysWhatItKeepsAndSince) {
    for (const std::string_view message : {"Executing target command", "TLS handshake failed"}) {
        const KnownNotice* row = find_known_notice(message);
        ASSERT_NE(row, nullptr);
        EXPECT_FALSE(row->versions.empty());
    }
    EXPECT_EQ(find_known_notice("TLS handshake"), nullptr);
    EXPECT_EQ(find_known_notice(""), nullptr);
}

}  // namespace
}  // namespace tailer
