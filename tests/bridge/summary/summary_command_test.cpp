// SPDX-License-Identifier: MIT
#include "bridge/summary/summary_command.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <simdjson.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using test_support::TempDir;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kLogName = "boundary-2026-06-09_12-00-00-1.log";
constexpr auto kDeny =
    "time=2026-06-09T12:00:00.250Z level=WARN msg=DENY method=GET url=https://evil.example/ "
    "host=evil.example\n";

const std::string kSampleLogs = BOUNDARY_LOKI_SOURCE_DIR "/tests/samples/boundary_logs";

/// For an stdout that is no file: the binary's is `out_fd`, its stderr `error_fd`.
pid_t start(std::vector<std::string> arguments, int out_fd, int error_fd) {
    arguments.insert(arguments.begin(), {BOUNDARY_LOKI_BINARY, "summary"});
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (auto& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    std::array<std::string, 3> environment = {"TERM=xterm", "LC_ALL=C.UTF-8", "COLUMNS=72"};
    std::array<char*, 4> envp = {environment[0].data(), environment[1].data(),
                                 environment[2].data(), nullptr};
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(out_fd, STDOUT_FILENO);
        ::dup2(error_fd, STDERR_FILENO);
        ::execve(BOUNDARY_LOKI_BINARY, argv.data(), envp.data());
        ::_exit(99);
    }
    return child;
}

int exit_status(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

test_support::RunResult summary(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {BOUNDARY_LOKI_BINARY, "summary"});
    return test_support::run_command(arguments, {{"LC_ALL", "C.UTF-8"}, {"COLUMNS", "72"}});
}

TEST(SummaryCommandTest, ShowsAFolder) {
    const auto run = summary({kSampleLogs});
    EXPECT_EQ(run.status, 0);
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("88 lines read = 29 decisions + 14 notices + 45 life cycle"),
                      HasSubstr("npm.registry.example"), Not(HasSubstr("\033"))));
    EXPECT_THAT(run.errors, IsEmpty());
}

TEST(SummaryCommandTest, GivesOneJsonObjectOnOneLine) {
    const auto run = summary({"--json", kSampleLogs});
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(run.output.find('\n'), run.output.size() - 1);
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    ASSERT_EQ(parser.parse(run.output).get(json), simdjson::SUCCESS);
    std::uint64_t denied = 0;
    ASSERT_EQ(json.at_pointer("/decisions/deny").get(denied), simdjson::SUCCESS);
    EXPECT_EQ(denied, 16U);
}

/// What the real Boundary wrote, under each version (tests/samples/README.md has the requests).
TEST(SummaryCommandTest, ReadsWhatTheRealBoundaryWrote) {
    for (const std::string name :
         {"v0.9.0-landjail", "main-landjail", "main-landjail-correlated"}) {
        SCOPED_TRACE(name);
        const auto run =
            summary({"--json", BOUNDARY_LOKI_SOURCE_DIR "/tests/samples/real_boundary/" + name});
        EXPECT_EQ(run.status, 0) << run.errors;
        EXPECT_THAT(run.output, HasSubstr(R"("decisions":{"allow":7,"deny":15})"));
        EXPECT_THAT(run.output, HasSubstr(R"("unparsed":0)"));
        EXPECT_THAT(run.output, HasSubstr(R"({"domain":"telemetry.example","count":8})"));
    }
}

TEST(SummaryCommandTest, SaysTheSameEveryTime) {
    EXPECT_EQ(summary({"--json", kSampleLogs}).output, summary({"--json", kSampleLogs}).output);
}

TEST(SummaryCommandTest, CountsALastLineWithoutItsNewline) {
    const TempDir folder;
    folder.append(kLogName, std::string(kDeny) + std::string(kDeny).substr(0, 106 - 1));
    EXPECT_THAT(summary({folder.path()}).output, HasSubstr("2 lines read"));
}

TEST(SummaryCommandTest, RefusesAPathThatDoesNotExist) {
    const auto run = summary({kSampleLogs, "/nowhere/at/all"});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.output, IsEmpty());
    EXPECT_THAT(run.errors, HasSubstr("/nowhere/at/all"));
}

TEST(SummaryCommandTest, RefusesToRunWithoutAPath) { EXPECT_EQ(summary({}).status, 2); }

TEST(SummaryCommandTest, ShowsTheRestWhenAnArchiveIsDamaged) {
    const TempDir folder;
    folder.append(kLogName, kDeny);
    const auto broken =
        folder.append("boundary-2026-06-09_12-00-00-2.log.gz", "\x1F\x8B\x08 cut short");
    const auto run = summary({folder.path()});
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.errors, HasSubstr("boundary-2026-06-09_12-00-00-2.log.gz"));
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("evil.example"), HasSubstr("! 1 path could not be read")));
}

/// Runs the command as a user who owns nothing, and leaves the process with its exit code.
[[noreturn]] void run_as_nobody(const std::string& path) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) {
        std::_Exit(98);
    }
    std::_Exit(static_cast<int>(summary_command(Settings(), {{path}, false, {}})));
}

TEST(SummaryCommandDeathTest, FailsOnAFileThatMayNotBeRead) {
    const TempDir folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(folder.append(kLogName, kDeny), std::filesystem::perms::none);
    EXPECT_EXIT(run_as_nobody(folder.path()), testing::ExitedWithCode(1),
                "boundary-2026-06-09_12-00-00-1.log: Permission denied");
}

TEST(SummaryCommandDeathTest, FailsOnAFolderThatMayNotBeListed) {
    const TempDir folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    const auto closed = folder.file("closed");
    std::filesystem::create_directory(closed);
    std::filesystem::permissions(closed, std::filesystem::perms(0311));
    EXPECT_EXIT(run_as_nobody(closed), testing::ExitedWithCode(1), "closed: Permission denied");
    std::filesystem::permissions(closed, std::filesystem::perms(0700));
}

TEST(SummaryCommandTest, TakesAClosedPipeForSuccess) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    base::UniqueFd reader(ends[0]);
    const base::UniqueFd writer(ends[1]);
    reader.reset();
    EXPECT_EQ(exit_status(start({kSampleLogs}, writer.get(), STDERR_FILENO)), 0);
    EXPECT_EQ(exit_status(start({"--json", kSampleLogs}, writer.get(), STDERR_FILENO)), 0);
}

TEST(SummaryCommandTest, FailsWhenTheDiskIsFull) {
    const base::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    const base::UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(full.valid());
    EXPECT_EQ(exit_status(start({kSampleLogs}, full.get(), nothing.get())), 1);
}

TEST(SummaryCommandTest, FollowsTheTerminalsWidthAndPaints) {
    winsize size{};
    size.ws_col = 130;
    size.ws_row = 24;
    int master_fd = -1;
    int terminal_fd = -1;
    ASSERT_EQ(::openpty(&master_fd, &terminal_fd, nullptr, nullptr, &size), 0);
    const base::UniqueFd master(master_fd);
    base::UniqueFd terminal(terminal_fd);
    const pid_t child = start({kSampleLogs}, terminal.get(), STDERR_FILENO);
    terminal.reset();
    const std::string text = read_all(master.get());  // ends with EIO when the child is gone
    EXPECT_EQ(exit_status(child), 0);
    EXPECT_THAT(text, HasSubstr("\033[31m16\033[0m"));
    EXPECT_THAT(text, testing::ContainsRegex("Top denied domains.+Top allowed domains"))
        << "side by side";
}

}  // namespace
}  // namespace bridge
