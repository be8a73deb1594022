// SPDX-License-Identifier: MIT
// What checksec would say of the binary and of the process.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/fault_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace hostile {
namespace {

using test_support::read_file;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string readelf(const std::string& what) {
    const auto run =
        test_support::run_command({"/usr/bin/readelf", "--wide", what, BOUNDARY_LOKI_BINARY});
    EXPECT_EQ(run.status, 0) << run.errors;
    return run.output;
}

TEST(BinaryTest, IsLoadedAnywhereAndWritesToNoCodeOrTable) {
    const std::string header = readelf("--file-header");
    EXPECT_THAT(header, ContainsRegex("Type: +DYN")) << "position-independent";
    const std::string segments = readelf("--program-headers");
    EXPECT_THAT(segments, HasSubstr("GNU_RELRO"));
    EXPECT_THAT(segments, ContainsRegex("GNU_STACK .* RW  ")) << "no executable stack";
    EXPECT_THAT(segments, Not(ContainsRegex("LOAD .* RWE ")))
        << "nothing is writable and executable";
    const std::string dynamic = readelf("--dynamic");
    EXPECT_THAT(dynamic, HasSubstr("BIND_NOW")) << "full RELRO";
    EXPECT_THAT(dynamic, Not(HasSubstr("RUNPATH")));
    EXPECT_TRUE(dynamic.find("RPATH") == std::string::npos ||
                dynamic.find("rpath: [$ORIGIN/../lib/boundary-loki]") != std::string::npos)
        << "libraries from nowhere but beside the binary: " << dynamic;
    EXPECT_THAT(dynamic, Not(HasSubstr("TEXTREL")));
}

TEST(BinaryTest, ChecksItsStackAndItsBuffers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const std::string symbols = readelf("--dyn-syms");
    EXPECT_THAT(symbols, ContainsRegex("__[at]san_")) << "a sanitizer checks more than these do";
#elif defined(NDEBUG)
    const std::string symbols = readelf("--dyn-syms");
    EXPECT_THAT(symbols, HasSubstr("__stack_chk_fail")) << "stack protector";
    EXPECT_THAT(symbols, ContainsRegex("__[a-z]+_chk@")) << "_FORTIFY_SOURCE";
#endif
}

/// It starts with every tool call of an agent, and libcurl is most of what there is to load.
TEST(BinaryTest, AToolCallDoesNotWaitForLibcurl) {
    const auto loads_libcurl = [](const std::vector<std::string>& arguments) {
        std::vector<std::string> command = {BOUNDARY_LOKI_BINARY};
        command.insert(command.end(), arguments.begin(), arguments.end());
        const auto run = test_support::run_command(
            command, {{"LD_DEBUG", "files"}, {"LOKI_ADDR", "http://127.0.0.1:1"}});
        EXPECT_EQ(run.status, 0);
        EXPECT_THAT(run.errors, ContainsRegex("init: .*/libstdc\\+\\+.so.6"));
        return run.errors.find("libcurl.so") != std::string::npos;
    };
    EXPECT_FALSE(loads_libcurl({"toolcall", "exec", "--", "/bin/true"}));
    EXPECT_FALSE(loads_libcurl({"toolcall", "hook"}));
    EXPECT_TRUE(loads_libcurl({"run", "--check"}));
}

TEST(BinaryTest, SaysThatLibcurlCannotBeLoaded) {
    const test_support::TempDir folder;
    folder.append("libcurl.so.4", "no library");
    const auto checked = test_support::run_command(
        {BOUNDARY_LOKI_BINARY, "run", "--check"},
        {{"LD_LIBRARY_PATH", folder.path()}, {"LOKI_ADDR", "http://127.0.0.1:1"}});
    EXPECT_EQ(checked.status, 2);
    EXPECT_THAT(checked.errors, HasSubstr("cannot load libcurl: " + folder.file("libcurl.so.4: ")));
}

TEST(BinaryTest, TheDaemonLeavesNoCoreAndWritesForItselfAlone) {
    const test_support::TempDir folder;
    std::filesystem::create_directory(folder.file("logs"));
    folder.append("logs/boundary-2026-05-28_20-26-40-1.log", "not understood\n");
    const test_support::FaultServer server;
    test_support::Process::Options options;
    options.errors = folder.file("errors");
    options.environment = {{"LOKI_BEARER_TOKEN", ""}, {"LOKI_BEARER_TOKEN_FILE", ""}};
    ::umask(0);
    test_support::Process daemon(
        {BOUNDARY_LOKI_BINARY, "run", "--loki-url", server.url(), "--log-dir", folder.file("logs"),
         "--state-dir", folder.file("state"), "--metrics-address", "off"},
        options);
    ASSERT_TRUE(test_support::eventually([&] {
        return read_file(folder.file("state/dead-letter/rejected.ndjson")).find("not understood") !=
               std::string::npos;
    })) << read_file(folder.file("errors"));
    const std::string proc = "/proc/" + std::to_string(daemon.pid());
    EXPECT_THAT(read_file(proc + "/limits"), ContainsRegex("Max core file size +0 +0 "));
    EXPECT_THAT(read_file(proc + "/status"), HasSubstr("NoNewPrivs:\t1"));
    EXPECT_THAT(read_file(proc + "/status"), HasSubstr("Umask:\t0077"));
    const bool landlock =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
    EXPECT_THAT(read_file(folder.file("errors")),
                HasSubstr(landlock ? "writes_confined_by=landlock" : "writes_confined_by=nothing"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.file("state"))) {
        EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077),
                  std::filesystem::perms::none)
            << entry.path();
    }
    daemon.signal(SIGABRT);
    EXPECT_EQ(daemon.wait(std::chrono::seconds(30)), 128 + SIGABRT);
}

}  // namespace
}  // namespace hostile
