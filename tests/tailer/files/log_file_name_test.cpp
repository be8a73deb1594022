// SPDX-License-Identifier: MIT
#include "tailer/files/log_file_name.h"

#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

TEST(LogFileNameTest, KnowsTheNamesThatBoundaryGives) {
    EXPECT_TRUE(is_boundary_log_name("boundary-2026-06-09_12-00-00-4242.log"));
    EXPECT_TRUE(is_boundary_log_name("boundary-2026-06-09_12-00-00-1.log"));
    EXPECT_TRUE(is_boundary_log_name("boundary-2026-06-09_12-00-00-4294967295.log"));
}

TEST(LogFileNameTest, PassesOverEveryOtherName) {
    constexpr std::string_view kRows[] = {
        "",
        ".",
        "..",
        "boundary.log",
        "boundary-2026-06-09_12-00-00-.log",             // no PID
        "boundary-2026-06-09_12-00-00.log",              // neither dash nor PID
        "boundary-2026-06-09_12-00-00-12345678901.log",  // longer than any PID
        "boundary-2026-06-09_12-00-00-42x.log",
        "boundary-2026-06-09_12-00-00--42.log",
        "boundary-2026-06-09_12-00-00-42",
        "boundary-2026-06-09_12-00-00-42.log.gz",
        "boundary-2026-06-09_12-00-00-42.log.tmp",
        "boundary-2026-06-09_12-00-00-42.LOG",
        "boundary-2026-06-09 12-00-00-42.log",
        "boundary-2026-06-09_12:00:00-42.log",
        "boundary-26-06-09_12-00-00-4242.log",
        "Boundary-2026-06-09_12-00-00-42.log",
        "xboundary-2026-06-09_12-00-00-42.log",
        "toolcalls",
        "/boundary-2026-06-09_12-00-00-42.log",
        "boundary-2026-06-09_12-00-00-42/.log",
    };
    for (const auto name : kRows) {
        EXPECT_FALSE(is_boundary_log_name(name)) << name;
    }
}

TEST(LogFileNameTest, TakesTheCompressionSuffixOffOnce) {
    EXPECT_EQ(without_compression_suffix("a.log"), "a.log");
    EXPECT_EQ(without_compression_suffix("a.log.gz"), "a.log");
    EXPECT_EQ(without_compression_suffix("a.log.zst"), "a.log");
    EXPECT_EQ(without_compression_suffix("a.log.gz.zst"), "a.log.gz");
    EXPECT_EQ(without_compression_suffix("gz"), "gz");
    EXPECT_EQ(without_compression_suffix("a.bz2"), "a.bz2");
}

TEST(LogFileNameTest, NamesTheSessionAfterTheStem) {
    EXPECT_EQ(session_of("boundary-2026-06-09_12-00-00-4242.log"),
              "boundary-2026-06-09_12-00-00-4242");
    EXPECT_EQ(session_of("/var/log/boundary-2026-06-09_12-00-00-4242.log"),
              "boundary-2026-06-09_12-00-00-4242");
    EXPECT_EQ(session_of("boundary-2026-06-09_12-00-00-4242.log.gz"),
              "boundary-2026-06-09_12-00-00-4242");
    EXPECT_EQ(session_of("boundary-2026-06-09_12-00-00-4242.log.zst"),
              "boundary-2026-06-09_12-00-00-4242");
    EXPECT_EQ(session_of("some.txt"), "some.txt");
    EXPECT_EQ(session_of("odd\xFF.log"), "odd\uFFFD");
}

}  // namespace
}  // namespace tailer
