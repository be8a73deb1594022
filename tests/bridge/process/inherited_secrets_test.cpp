// SPDX-License-Identifier: MIT
#include "bridge/process/inherited_secrets.h"

#include <array>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The reading end of a pipe that holds this and is closed behind it.
int pipe_with(const std::string& text) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0 ||
        ::write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        std::abort();
    }
    ::close(ends[1]);
    return ends[0];
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

class InheritedSecretsTest : public testing::Test {
protected:
    void TearDown() override {
        ::unsetenv("LOKI_BEARER_TOKEN");
        ::unsetenv("LOKI_PASSWORD");
    }
};

TEST_F(InheritedSecretsTest, TakesBothAndClosesTheDescriptor) {
    const int descriptor = pipe_with("LOKI_BEARER_TOKEN=a=b c\nLOKI_PASSWORD=p");
    ASSERT_TRUE(take_secrets_from(descriptor));
    EXPECT_EQ(variable("LOKI_BEARER_TOKEN"), "a=b c");
    EXPECT_EQ(variable("LOKI_PASSWORD"), "p");
    EXPECT_EQ(::close(descriptor), -1);
}

TEST_F(InheritedSecretsTest, NothingIsNoSecret) {
    EXPECT_TRUE(take_secrets_from(pipe_with("")));
    EXPECT_EQ(variable("LOKI_BEARER_TOKEN"), "");
}

TEST_F(InheritedSecretsTest, RefusesOtherNamesWithoutSayingAValue) {
    for (const std::string text : {"LD_PRELOAD=hush\n", "hush\n", "\n", "LOKI_PASSWORD =hush\n"}) {
        const auto taken = take_secrets_from(pipe_with(text));
        ASSERT_FALSE(taken) << text;
        EXPECT_THAT(taken.error().message, HasSubstr("LOKI_BEARER_TOKEN=VALUE"));
        EXPECT_THAT(taken.error().message, Not(HasSubstr("hush")));
    }
    EXPECT_EQ(variable("LD_PRELOAD"), "");
}

TEST_F(InheritedSecretsTest, SaysWhatCannotBeRead) {
    const auto taken = take_secrets_from(999);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message, HasSubstr("cannot read descriptor 999"));
    // More than a pipe holds: a file.
    std::array<char, 20> name{"/tmp/secrets-XXXXXX"};
    const int file = ::mkstemp(name.data());
    ::unlink(name.data());
    const std::string long_text(100 * 1024, 'a');
    ASSERT_EQ(::write(file, long_text.data(), long_text.size()),
              static_cast<ssize_t>(long_text.size()));
    ::lseek(file, 0, SEEK_SET);
    const auto endless = take_secrets_from(file);
    ASSERT_FALSE(endless);
    EXPECT_THAT(endless.error().message, HasSubstr("more than 64 KiB"));
}

}  // namespace
}  // namespace bridge
