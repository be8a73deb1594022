// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/boundary_lines.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using test_support::eventually;
using test_support::Process;
using test_support::read_file;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kPatience{60};
constexpr auto kFirstName = "boundary-2026-06-09_12-00-00-1.log";
constexpr auto kOtherName = "boundary-2026-06-09_12-00-00-2.log";

std::string deny(const std::string& host) {
    return test_support::deny_line("2026-06-09T12:00:00.250Z", "https://" + host + "/", host);
}

/// `summary --follow` of a folder with one decision, into a file.
class SummaryFollowTest : public testing::Test {
protected:
    SummaryFollowTest() { logs_.append(kFirstName, deny("first.example")); }

    Process follow(const std::string& output, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments = {BOUNDARY_LOKI_BINARY, "summary", "--follow",
                                              logs_.path()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return {arguments,
                {.environment = {{"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}, {"COLUMNS", "72"}},
                 .output = output,
                 .errors = out_.file("errors"),
                 .folder = {}}};
    }
    [[nodiscard]] static bool shows(const std::string& file, std::string_view text) {
        return eventually([&] { return read_file(file).find(text) != std::string::npos; },
                          kPatience);
    }

    TempDir logs_;
    TempDir out_;
};

TEST_F(SummaryFollowTest, WritesAWholeSummaryForNewLinesAndNewFiles) {
    const auto output = out_.file("output");
    Process summary = follow(output);
    ASSERT_TRUE(shows(output, "first.example"));
    logs_.append(kFirstName, deny("second.example"));
    ASSERT_TRUE(shows(output, "second.example"));
    logs_.append(kOtherName, deny("third.example"));
    ASSERT_TRUE(shows(output, "third.example"));
    summary.signal(SIGTERM);
    EXPECT_EQ(summary.wait(kPatience), 0);
    const auto text = read_file(output);
    EXPECT_THAT(text, HasSubstr("3 lines read = 3 decisions"));
    EXPECT_THAT(text, HasSubstr("\n\nBoundary decisions")) << "apart from the one before";
    EXPECT_THAT(text, Not(HasSubstr("\033")));
    EXPECT_EQ(read_file(out_.file("errors")), "");
}

TEST_F(SummaryFollowTest, WaitsForTheRestOfALine) {
    const auto output = out_.file("output");
    Process summary = follow(output, {"--json"});
    const auto line = deny("second.example");
    logs_.append(kFirstName, line.substr(0, 50));
    ASSERT_TRUE(shows(output, "first.example"));
    logs_.append(kFirstName, line.substr(50));
    ASSERT_TRUE(shows(output, "second.example"));
    summary.signal(SIGINT);
    EXPECT_EQ(summary.wait(kPatience), 0);
    EXPECT_THAT(read_file(output), Not(HasSubstr("\n\n"))) << "one object a line";
}

TEST_F(SummaryFollowTest, CountsALogOnceThatIsPackedLater) {
    logs_.append(kOtherName, deny("packed.example"));
    const auto output = out_.file("output");
    Process summary = follow(output);
    ASSERT_TRUE(shows(output, "packed.example"));
    const auto packed = test_support::run_command({"gzip", logs_.file(kOtherName)});
    ASSERT_EQ(packed.status, 0) << packed.errors;
    logs_.append(kFirstName, deny("last.example"));
    ASSERT_TRUE(shows(output, "last.example"));
    summary.signal(SIGTERM);
    EXPECT_EQ(summary.wait(kPatience), 0);
    EXPECT_THAT(read_file(output), HasSubstr("3 lines read"));
    EXPECT_THAT(read_file(output), Not(HasSubstr("4 lines read")));
}

TEST_F(SummaryFollowTest, TellsOnceWhatItCannotRead) {
    logs_.append(std::string(kOtherName) + ".gz", "\x1F\x8B\x08 cut short");
    const auto output = out_.file("output");
    Process summary = follow(output);
    ASSERT_TRUE(shows(output, "first.example"));
    logs_.append(kFirstName, deny("second.example"));
    ASSERT_TRUE(shows(output, "second.example"));
    summary.signal(SIGTERM);
    EXPECT_EQ(summary.wait(kPatience), 1) << "as without --follow";
    const auto errors = read_file(out_.file("errors"));
    EXPECT_THAT(errors, HasSubstr("damaged or cut gzip file"));
    EXPECT_EQ(errors.find('\n'), errors.size() - 1);
}

TEST_F(SummaryFollowTest, EndsWhenNobodyReadsAnyMore) {
    const auto fifo = out_.file("fifo");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    base::UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    Process summary = follow(fifo);
    pollfd readable{reader.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&readable, 1, 60'000), 1);
    reader.reset();
    EXPECT_EQ(summary.wait(kPatience), 0) << "though nothing more is written to the logs";
}

TEST_F(SummaryFollowTest, RefusesAPathThatDoesNotExist) {
    Process summary = follow(out_.file("output"), {"/nowhere/at/all"});
    EXPECT_EQ(summary.wait(kPatience), 2);
    EXPECT_THAT(read_file(out_.file("errors")), HasSubstr("/nowhere/at/all"));
}

/// The same on a terminal.
class SummaryScreenTest : public SummaryFollowTest {
protected:
    SummaryScreenTest() {
        winsize size{};
        size.ws_col = 90;
        size.ws_row = 50;
        int master = -1;
        int terminal = -1;
        EXPECT_EQ(::openpty(&master, &terminal, name_.data(), nullptr, &size), 0);
        master_ = base::UniqueFd(master);
        terminal_ = base::UniqueFd(terminal);
    }
    /// Reads on until the terminal was sent `text`; what came since the last call is in seen_.
    bool sees(std::string_view text) {
        seen_.clear();
        return eventually(
            [&] {
                pollfd readable{master_.get(), POLLIN, 0};
                std::array<char, 4096> buffer{};
                while (::poll(&readable, 1, 0) == 1) {
                    const auto got = ::read(master_.get(), buffer.data(), buffer.size());
                    if (got <= 0) {
                        break;
                    }
                    seen_.append(buffer.data(), static_cast<std::size_t>(got));
                }
                return seen_.find(text) != std::string::npos;
            },
            kPatience);
    }

    std::array<char, 128> name_{};
    base::UniqueFd master_;
    base::UniqueFd terminal_;
    std::string seen_;
};

TEST_F(SummaryScreenTest, DrawsInPlaceAndGivesTheTerminalBack) {
    Process summary = follow(name_.data());
    ASSERT_TRUE(sees("first.example"));
    EXPECT_THAT(seen_, HasSubstr("\033[?1049h"));
    logs_.append(kOtherName, deny("second.example"));
    ASSERT_TRUE(sees("second.example"));
    EXPECT_THAT(seen_, testing::StartsWith("\033[H"));

    winsize wide{};
    wide.ws_col = 150;
    wide.ws_row = 3;
    ASSERT_EQ(::ioctl(master_.get(), TIOCSWINSZ, &wide), 0);
    summary.signal(SIGWINCH);  // the kernel tells the terminal's own session alone
    ASSERT_TRUE(sees("more lines than the terminal has"));

    summary.signal(SIGINT);
    ASSERT_TRUE(sees("second.example")) << "the last summary stays behind, whole";
    EXPECT_THAT(seen_, HasSubstr("\033[?25h\033[?1049l"));
    EXPECT_EQ(summary.wait(kPatience), 0);
}

TEST_F(SummaryScreenTest, PausesOffTheScreen) {
    Process summary = follow(name_.data());
    ASSERT_TRUE(sees("first.example"));
    summary.signal(SIGTSTP);
    ASSERT_TRUE(sees("\033[?1049l"));
    const auto stat = "/proc/" + std::to_string(summary.pid()) + "/stat";
    ASSERT_TRUE(eventually([&] { return read_file(stat).find(") T ") != std::string::npos; }));
    summary.signal(SIGCONT);
    ASSERT_TRUE(sees("first.example"));
    EXPECT_THAT(seen_, HasSubstr("\033[?1049h"));
    summary.signal(SIGTERM);
    EXPECT_EQ(summary.wait(kPatience), 0);
}

}  // namespace
}  // namespace bridge
