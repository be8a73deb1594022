// SPDX-License-Identifier: MIT
#include "bridge/process/limits.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

TEST(ProcessLimitsTest, TellsHowManyFilesMayBeOpen) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(open_files_limit(),
              limit.rlim_cur == RLIM_INFINITY ? "none" : std::to_string(limit.rlim_cur));
}

TEST(ProcessLimitsTest, FindsTheStrictestMemoryLimitOfTheCgroupAndThoseAbove) {
    const test_support::TempDir root;
    std::filesystem::create_directories(root.file("pod/box"));
    const auto membership = root.append("membership", "1:name=x:/y\n0::/pod/box\n");
    EXPECT_EQ(memory_limit(membership, root.path()), "none");
    root.append("pod/box/memory.max", "max\n");
    EXPECT_EQ(memory_limit(membership, root.path()), "none");
    root.append("pod/memory.max", "268435456\n");
    EXPECT_EQ(memory_limit(membership, root.path()), "268435456");
    root.append("memory.max", "536870912\n");
    EXPECT_EQ(memory_limit(membership, root.path()), "268435456");
}

TEST(ProcessLimitsTest, SeesTheLimitOfAContainersOwnRoot) {
    const test_support::TempDir root;
    root.append("memory.max", "1048576\n");
    EXPECT_EQ(memory_limit(root.append("membership", "0::/\n"), root.path()), "1048576");
}

TEST(ProcessLimitsTest, TakesNoTellingForNoLimit) {
    EXPECT_EQ(memory_limit("/nowhere/cgroup", "/nowhere"), "none");
}

}  // namespace
}  // namespace bridge
