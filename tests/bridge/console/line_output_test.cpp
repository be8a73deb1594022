// SPDX-License-Identifier: MIT
#include "bridge/console/line_output.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/console/log.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using base::UniqueFd;
using testing::HasSubstr;

struct Ends {
    UniqueFd reads;
    UniqueFd writes;
};

Ends pipe_ends() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends socket_ends() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends terminal_ends() {
    int reads = -1;
    int writes = -1;
    EXPECT_EQ(::openpty(&reads, &writes, nullptr, nullptr, nullptr), 0);
    return {UniqueFd(reads), UniqueFd(writes)};
}

/// All that can be read without waiting.
std::string drained(int fd) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> part{};
    for (::ssize_t got = 0; (got = ::read(fd, part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::string line(int number) {
    return "line " + std::to_string(number) + " " + std::string(200, 'x') + "\n";
}

class LineOutputTest : public testing::Test {
protected:
    void SetUp() override { ::alarm(60); }  // whatever waits ends the test
    void TearDown() override { ::alarm(0); }
};

TEST_F(LineOutputTest, NeverWaitsAndTearsNoLine) {
    for (const auto& make : {pipe_ends, socket_ends, terminal_ends}) {
        const Ends ends = make();
        LineOutput output(ends.writes.get());
        int written = 0;
        while (output.write(line(written))) {
            ++written;
        }
        EXPECT_GT(written, 3);
        EXPECT_FALSE(output.write(line(written)));
        EXPECT_EQ(::fcntl(ends.writes.get(), F_GETFL) & O_NONBLOCK, 0)
            << "others who share it would not expect that";

        // Room again: what was begun is ended first, and then comes a line of now.
        std::string text = drained(ends.reads.get());
        ASSERT_TRUE(output.write("last\n"));
        text += drained(ends.reads.get());
        std::erase(text, '\r');
        std::string expected;
        for (int number = 0; number < written; ++number) {
            expected += line(number);
        }
        EXPECT_EQ(text, expected + "last\n");
    }
}

TEST_F(LineOutputTest, NobodyThereIsALineLess) {
    std::signal(SIGPIPE, SIG_IGN);
    for (const auto& make : {pipe_ends, socket_ends, terminal_ends}) {
        Ends ends = make();
        LineOutput output(ends.writes.get());
        EXPECT_TRUE(output.write("first\n"));
        ends.reads.reset();
        EXPECT_FALSE(output.write("second\n"));
    }
    LineOutput closed(-1);
    EXPECT_FALSE(closed.write("line\n"));
}

TEST_F(LineOutputTest, AFullDiskIsALineLessUntilThereIsRoom) {
    const test_support::TempDir folder;
    const UniqueFd fd(::open(folder.file("log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600));
    LineOutput output(fd.get());
    {
        const test_support::FileSizeLimit full(10);
        EXPECT_TRUE(output.write("12345\n"));
        EXPECT_TRUE(output.write("abcdefgh\n")) << "begun, to be ended";
        EXPECT_FALSE(output.write("dropped\n"));
    }
    EXPECT_TRUE(output.write("after\n"));
    EXPECT_EQ(test_support::read_file(folder.file("log")), "12345\nabcdefgh\nafter\n");
}

TEST_F(LineOutputTest, AnotherFileMayTakeTheDescriptor) {
    const Ends first = pipe_ends();
    const Ends second = pipe_ends();
    const UniqueFd fd(::dup(first.writes.get()));
    LineOutput output(fd.get());
    EXPECT_TRUE(output.write("one\n"));
    ASSERT_GE(::dup2(second.writes.get(), fd.get()), 0);
    EXPECT_TRUE(output.write("two\n"));
    EXPECT_EQ(drained(first.reads.get()), "one\n");
    EXPECT_EQ(drained(second.reads.get()), "two\n");
}

TEST_F(LineOutputTest, TheLogTellsHowManyLinesItDropped) {
    const Ends ends = pipe_ends();
    const UniqueFd before(::dup(STDERR_FILENO));
    ASSERT_GE(::dup2(ends.writes.get(), STDERR_FILENO), 0);
    {
        const Log log(LogLevel::Info, LogFormat::Text);
        while (log.dropped_lines() == 0) {
            log.info("filling");  // shorter than what tells of it
        }
        log.info("filling");
        EXPECT_EQ(log.dropped_lines(), 2U);
        static_cast<void>(drained(ends.reads.get()));
        log.info("heard");
    }
    ::dup2(before.get(), STDERR_FILENO);
    const std::string text = drained(ends.reads.get());
    EXPECT_THAT(text, HasSubstr("level=warn msg=\"lines of this log were dropped, as stderr took "
                                "no more\" count=2\n"));
    EXPECT_THAT(text, HasSubstr("msg=heard\n"));
}

}  // namespace
}  // namespace bridge
