// SPDX-License-Identifier: MIT
#include "bridge/toolcall/first_start.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "bridge/toolcall/held_name.h"
#include "tests/support/first_starts.h"
#include "tests/support/temp_dir.h"

namespace bridge::toolcall {
namespace {

class FirstStartTest : public testing::Test {
protected:
    void SetUp() override { ::setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
    void TearDown() override { ::unsetenv("XDG_CONFIG_HOME"); }

    const base::UniqueFd turn_ = test_support::turn_at_first_starts();
    test_support::TempDir folder_;
};

bool is_held() { return !hold_name("first-start").has_value(); }

TEST_F(FirstStartTest, LooksForTheCaWhereBoundaryKeepsIt) {
    EXPECT_EQ(ca_certificate_path(), folder_.file("coder_boundary/ca-cert.pem"));
    ::unsetenv("XDG_CONFIG_HOME");
    const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
    ::setenv("HOME", "/none/of/boundarys/business", 1);
    EXPECT_EQ(ca_certificate_path(),
              std::string(::getpwuid(::getuid())->pw_dir) + "/.config/coder_boundary/ca-cert.pem");
    if (::geteuid() == 0) {
        ::setenv("SUDO_USER", "daemon", 1);
        EXPECT_EQ(ca_certificate_path(), std::string(::getpwnam("daemon")->pw_dir) +
                                             "/.config/coder_boundary/ca-cert.pem");
        ::unsetenv("SUDO_USER");
    }
    ::setenv("HOME", home.c_str(), 1);
}

TEST_F(FirstStartTest, GoesAloneUntilItIsDone) {
    FirstStart first(folder_.file("journal"));
    EXPECT_TRUE(is_held());
    first.done();
    EXPECT_FALSE(is_held());
}

TEST_F(FirstStartTest, NobodyWaitsOnceThereIsACaOrACall) {
    std::optional<FirstStart> start(std::in_place, folder_.file("journal"));
    EXPECT_TRUE(is_held());
    start.reset();
    folder_.append("toolcalls-2026-06-09.jsonl", "{}\n");
    start.emplace(folder_.path());
    EXPECT_FALSE(is_held());
    // Nor for somebody who holds the name without end, once there is a CA.
    const auto held = hold_name("first-start");
    ASSERT_TRUE(held);
    std::filesystem::create_directory(folder_.file("coder_boundary"));
    folder_.append("coder_boundary/ca-cert.pem", "made");
    const auto began = std::chrono::steady_clock::now();
    start.emplace(folder_.file("journal"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace bridge::toolcall
