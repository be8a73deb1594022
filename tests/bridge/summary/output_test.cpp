// SPDX-License-Identifier: MIT
#include "bridge/summary/output.h"

#include <array>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace bridge {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(ScreenFrameTest, DrawsEachLineOverTheOldOneAndErasesTheRest) {
    EXPECT_EQ(screen_frame("one\ntwo\n", 10), "\033[H\033[Kone\n\033[Ktwo\n\033[J");
}

TEST(ScreenFrameTest, NeverScrollsAFullScreen) {
    EXPECT_EQ(screen_frame("one\ntwo\n", 2), "\033[H\033[Kone\n\033[Ktwo");
}

TEST(ScreenFrameTest, SaysHowMuchHasNoRoom) {
    EXPECT_EQ(screen_frame("one\ntwo\nthree\nfour\n", 3),
              "\033[H\033[Kone\n\033[Ktwo\n\033[K... 2 more lines than the terminal has");
}

TEST(ScreenFrameTest, ManagesWithoutRoomOrText) {
    EXPECT_EQ(screen_frame("one\ntwo\n", 1), "\033[H\033[K... 2 more lines than the terminal has");
    EXPECT_EQ(screen_frame("one\ntwo\n", 0), "\033[H");
    EXPECT_EQ(screen_frame("", 5), "\033[H\n\033[J");
}

class SummaryOutputTest : public testing::Test {
protected:
    SummaryOutputTest() {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reader_ = base::UniqueFd(ends[0]);
        writer_ = base::UniqueFd(ends[1]);
    }
    /// What was written since the last call.
    std::string written() const {
        std::array<char, 4096> buffer{};
        const auto got = ::read(reader_.get(), buffer.data(), buffer.size());
        return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }

    base::UniqueFd reader_;
    base::UniqueFd writer_;
};

TEST_F(SummaryOutputTest, WritesWholeTextsIntoAPipeAndOnlyWhatIsNew) {
    SummaryOutput output(writer_.get(), false, true);
    EXPECT_TRUE(output.show("a\n").value());
    EXPECT_TRUE(output.show("a\n").value());
    EXPECT_EQ(written(), "a\n");
    EXPECT_TRUE(output.show("b\n").value());
    EXPECT_EQ(written(), "\nb\n");
    EXPECT_TRUE(output.finish("b\n").value());
    EXPECT_THAT(written(), IsEmpty());
    EXPECT_TRUE(output.finish("c\n").value());
    EXPECT_EQ(written(), "\nc\n");
}

TEST_F(SummaryOutputTest, KeepsJsonLinesFreeOfBlankOnes) {
    SummaryOutput output(writer_.get(), false, false);
    EXPECT_TRUE(output.show("{}\n").value());
    EXPECT_TRUE(output.show("{1}\n").value());
    EXPECT_EQ(written(), "{}\n{1}\n");
}

TEST_F(SummaryOutputTest, TakesTheScreenOnceAndLeavesTheLastTextBehind) {
    SummaryOutput output(writer_.get(), true, true);
    EXPECT_TRUE(output.show("a\n").value());
    EXPECT_THAT(written(), StartsWith("\033[?1049h\033[?25l"));
    EXPECT_TRUE(output.show("b\n").value());
    EXPECT_THAT(written(), Not(HasSubstr("1049")));
    EXPECT_TRUE(output.finish("b\n").value());
    EXPECT_THAT(written(), EndsWith("\033[?25h\033[?1049lb\n"));
}

TEST_F(SummaryOutputTest, GivesTheScreenBackWhateverHappens) {
    {
        SummaryOutput output(writer_.get(), true, true);
        EXPECT_TRUE(output.show("a\n").value());
        static_cast<void>(written());
    }
    EXPECT_THAT(written(), EndsWith("\033[?1049l"));
}

TEST_F(SummaryOutputTest, DrawsAnewAfterAPauseAndAfterAResize) {
    SummaryOutput output(writer_.get(), true, true);
    EXPECT_TRUE(output.show("a\n").value());
    static_cast<void>(written());
    output.forget_shown();
    EXPECT_TRUE(output.show("a\n").value());
    EXPECT_THAT(written(), StartsWith("\033[H"));
    output.leave();
    static_cast<void>(written());
    EXPECT_TRUE(output.show("a\n").value());
    EXPECT_THAT(written(), StartsWith("\033[?1049h"));
}

TEST_F(SummaryOutputTest, SaysThatNobodyReads) {
    SummaryOutput output(writer_.get(), false, true);
    reader_.reset();
    EXPECT_FALSE(output.show("a\n").value());
}

TEST_F(SummaryOutputTest, FailsOnAFullDisk) {
    const base::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    SummaryOutput output(full.get(), false, true);
    EXPECT_FALSE(output.show("a\n").has_value());
}

}  // namespace
}  // namespace bridge
