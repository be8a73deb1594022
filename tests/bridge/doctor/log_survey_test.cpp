// SPDX-License-Identifier: MIT
#include "bridge/doctor/log_survey.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/boundary_lines.h"
#include "tests/support/temp_dir.h"

namespace bridge::doctor {
namespace {

using test_support::TempDir;
using testing::SizeIs;

constexpr auto kOld = "boundary-2026-06-09_12-00-00-1.log";
constexpr auto kNew = "boundary-2026-06-10_12-00-00-1.log";

std::string deny(const std::string& time, const std::string& url = "https://h.example/") {
    return test_support::deny_line("2026-06-" + time + "Z", url);
}

std::string notice(const std::string& level, const std::string& message) {
    return test_support::notice_line("2026-06-09T12:00:00.000Z", '"' + message + '"', level);
}

TEST(LogSurveyTest, CountsWhatTheLogsHold) {
    const TempDir folder;
    folder.append(kOld, deny("09T12:00:01.000") + deny("09T12:00:03.000", "/path/only") +
                            "time=2026-06-09T12:00:02.000Z level=INFO msg=ALLOW method=GET "
                            "url=https://ok.example/ host=ok.example rule=\"domain=ok.example\"\n" +
                            notice("INFO", "Stop landjail manager") + "no line of Boundary's\n");
    folder.append(kNew, "");
    folder.append("other.log", deny("09T12:00:09.000"));
    const LogSurvey logs = survey_logs({folder.path()});
    EXPECT_EQ(logs.files, 2U);
    EXPECT_EQ(logs.empty_files, 1U);
    EXPECT_EQ(logs.allowed, 1U);
    EXPECT_EQ(logs.denied, 2U);
    EXPECT_EQ(logs.notices, 1U);
    EXPECT_EQ(logs.unparsed, 1U);
    EXPECT_EQ(logs.info_lines, 2U);
    EXPECT_EQ(logs.without_scheme, 1U);
    EXPECT_EQ(*logs.last_decision_ns - *logs.first_decision_ns, 2'000'000'000);
    EXPECT_FALSE(logs.partial);
}

TEST(LogSurveyTest, PassesOverWhatTheDaemonPassesOver) {
    const TempDir folder;
    folder.append("outside", deny("09T12:00:01.000"));
    std::filesystem::create_symlink(folder.file("outside"), folder.file(kOld));
    ASSERT_EQ(::mkfifo(folder.file(kNew).c_str(), 0600), 0);
    std::size_t foreign = 0;
    const std::string theirs = "boundary-2026-06-11_12-00-00-1.log";
    if (::geteuid() == 0) {  // nobody else can make one
        folder.append(theirs, deny("09T12:00:02.000"));
        ASSERT_EQ(::chown(folder.file(theirs).c_str(), 12345, 12345), 0);
        foreign = 1;
    }
    const LogSurvey logs = survey_logs({folder.path()});
    EXPECT_EQ(logs.files, 0U);
    EXPECT_EQ(logs.decisions(), 0U);
    EXPECT_TRUE(logs.any_log());
    EXPECT_EQ(logs.all_skipped(), 2U + foreign);
    EXPECT_EQ(logs.first_skipped.size(), 2U + foreign);
    EXPECT_EQ(logs.skipped[static_cast<std::size_t>(tailer::SkipReason::ForeignOwner)], foreign);
    EXPECT_EQ(survey_logs({folder.path()}, {12345}).files, foreign);
}

TEST(LogSurveyTest, HearsWhatBoundarySaysOfItself) {
    const TempDir folder;
    folder.append(
        kOld, notice("WARN",
                     "Audit logs are disabled; workspace agent has not created log proxy socket") +
                  notice("WARN", "failed to connect to audit socket") +
                  notice("WARN", "Audit logs are disabled by configuration") +
                  notice("WARN", "audit log dropped, channel full") +
                  notice("INFO", "boundary session started") +
                  notice("ERROR", "Failed to create HTTP listener"));
    const LogSurvey logs = survey_logs({folder.path()});
    EXPECT_EQ(logs.no_socket, 2U);
    EXPECT_EQ(logs.audit_off, 1U);
    EXPECT_EQ(logs.audit_dropped, 1U);
    EXPECT_EQ(logs.sessions_started, 1U);
    EXPECT_EQ(logs.no_listener, 1U);
}

TEST(LogSurveyTest, TellsAMissingFolderFromAClosedOne) {
    const TempDir folder;
    std::filesystem::create_directory(folder.file("closed"));
    const LogSurvey logs = survey_logs({folder.file("none"), folder.file("closed")});
    ASSERT_THAT(logs.folders, SizeIs(2));
    EXPECT_FALSE(logs.folders[0].exists);
    EXPECT_TRUE(logs.folders[1].exists);
    EXPECT_EQ(logs.folders[1].trouble, "");
    if (::geteuid() != 0) {  // nothing is closed to root
        ::chmod(folder.file("closed").c_str(), 0);
        EXPECT_NE(survey_logs({folder.file("closed")}).folders[0].trouble, "");
    }
}

TEST(LogSurveyTest, ReadsTheNewestWhenThereIsTooMuch) {
    const TempDir folder;
    folder.append(kOld, deny("09T12:00:00.000"));
    folder.append(kNew, deny("10T12:00:00.000") + deny("10T12:00:01.000"));
    const std::uint64_t size = deny("10T12:00:00.000").size();

    const LogSurvey one_file = survey_logs({folder.path()}, {}, {1000, 2 * size});
    EXPECT_EQ(one_file.denied, 2U);
    EXPECT_EQ(one_file.files_read, 1U);
    EXPECT_TRUE(one_file.partial);

    // The end of each, from within a line.
    const LogSurvey ends = survey_logs({folder.path()}, {}, {size + 5, 1000});
    EXPECT_EQ(ends.denied, 2U);
    EXPECT_EQ(ends.unparsed, 0U) << "half a line is none";
    EXPECT_TRUE(ends.partial);
}

TEST(LogSurveyTest, FollowsNoLinkAndIsHeldByNoFifo) {
    const TempDir folder;
    const TempDir elsewhere;
    elsewhere.append("secret", deny("09T12:00:00.000"));
    std::filesystem::create_symlink(elsewhere.file("secret"), folder.file(kOld));
    ASSERT_EQ(::mkfifo(folder.file(kNew).c_str(), 0600), 0);
    const LogSurvey logs = survey_logs({folder.path()});
    EXPECT_EQ(logs.files, 0U);
    EXPECT_EQ(logs.decisions(), 0U);
}

}  // namespace
}  // namespace bridge::doctor
