// SPDX-License-Identifier: MIT
// What a neighbour can make of a log folder with little effort, and what it costs the daemon.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/fault_server.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace hostile {
namespace {

using test_support::eventually;
using test_support::read_file;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long kMostKilobytes = 1L << 20U;  // a sanitizer's own memory is not what is asked here
constexpr int kNames = 10'000;
constexpr std::size_t kLongLine = 64U << 20U;
#else
constexpr long kMostKilobytes = 32L << 10U;
constexpr int kNames = 200'000;
constexpr std::size_t kLongLine = 1U << 30U;
#endif

constexpr std::string_view kDenyFront =
    "time=2026-05-28T20:26:40.005Z level=WARN msg=DENY method=GET url=https://h.example/";

class MemoryTest : public testing::Test {
protected:
    MemoryTest() {
        std::filesystem::create_directory(folder_.file("logs"));
        server_.set_rule([](const test_support::SeenRequest& request) {
            return request.method == "GET"
                       ? test_support::Fault::answer(
                             200, R"({"data":{"resultType":"streams","result":[]}})")
                       : test_support::Fault::answer(204);
        });
    }
    [[nodiscard]] std::string log(int pid) const {
        return folder_.file("logs/boundary-2026-05-28_20-26-40-" + std::to_string(pid) + ".log");
    }
    static void append(const std::string& path, std::string_view text) {
        const base::UniqueFd fd(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
        ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<::ssize_t>(text.size()));
    }
    [[nodiscard]] static std::string deny(const std::string& name) {
        return std::string(kDenyFront) + name + " host=h.example\n";
    }
    /// Runs the daemon until its metrics say all of `series`; gives its peak of resident memory in
    /// kB.
    [[nodiscard]] long peak_until(const std::vector<std::string>& series) {
        const std::string address = "127.0.0.1:" + std::to_string(test_support::free_port());
        test_support::Process::Options options;
        options.errors = folder_.file("errors");
        options.environment = {{"LOKI_BEARER_TOKEN", ""}, {"LOKI_BEARER_TOKEN_FILE", ""}};
        test_support::Process daemon(
            {BOUNDARY_LOKI_BINARY, "run", "--loki-url", server_.url(), "--log-dir",
             folder_.file("logs"), "--state-dir", folder_.file("state"), "--batch-wait", "10ms",
             "--metrics-address", address},
            options);
        std::string metrics;
        EXPECT_TRUE(eventually(
            [&] {
                metrics = test_support::http_get("http://" + address + "/metrics").second;
                return std::ranges::all_of(series, [&](const std::string& wanted) {
                    return metrics.find("\nboundary_loki_" + wanted + "\n") != std::string::npos;
                });
            },
            std::chrono::seconds(100)))
            << metrics << read_file(folder_.file("errors"));
        std::istringstream status(read_file("/proc/" + std::to_string(daemon.pid()) + "/status"));
        long peak = 0;
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmHWM:")) {
                peak = std::stol(line.substr(6));
            }
        }
        daemon.signal(SIGTERM);
        EXPECT_EQ(daemon.wait(std::chrono::seconds(60)), 0) << read_file(folder_.file("errors"));
        RecordProperty("peak_kb", static_cast<int>(peak));
        std::cout << "peak of resident memory: " << peak << " kB\n";
        return peak;
    }

    test_support::TempDir folder_;
    test_support::FaultServer server_;
};

TEST_F(MemoryTest, AHoleOfTenGigabytes) {
    append(log(1), deny("before"));
    std::filesystem::resize_file(log(1), 10ULL << 30U);
    append(log(1), deny("behind"));
    append(log(2), "no line of a log");
    std::filesystem::resize_file(log(2), 10ULL << 30U);
    append(log(2), "\n" + deny("behind"));
    const long peak = peak_until({"lines_total{kind=\"decision\"} 3", "pushed_entries_total 3",
                                  "lines_total{kind=\"unparsed\"} 1"});
    EXPECT_GT(peak, 0);
    EXPECT_LT(peak, kMostKilobytes);
}

TEST_F(MemoryTest, ALineOfAGigabyte) {
    const std::string chunk(4U << 20U, 'x');
    for (std::size_t size = 0; size < kLongLine; size += chunk.size()) {
        append(log(1), chunk);
    }
    append(log(1), "\n" + deny("behind"));
    const long peak = peak_until({"lines_total{kind=\"decision\"} 1", "pushed_entries_total 1",
                                  "lines_total{kind=\"unparsed\"} 1"});
    EXPECT_LT(peak, kMostKilobytes);
}

TEST_F(MemoryTest, TwoHundredThousandNames) {
    // Links, since they cost the test least; half are named as logs are.
    const base::UniqueFd folder(
        ::open(folder_.file("logs").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < kNames; ++i) {
        const std::string name =
            i % 2 == 0 ? "junk-" + std::to_string(i)
                       : "boundary-2026-05-28_20-26-40-" + std::to_string(100 + i) + ".log";
        ASSERT_EQ(::symlinkat("nowhere", folder.get(), name.c_str()), 0);
    }
    append(log(1), deny("among-them"));
    const std::string half = std::to_string(kNames / 2);
    const long peak = peak_until({"lines_total{kind=\"decision\"} 1", "pushed_entries_total 1",
                                  "skipped_files_total{reason=\"symlink\"} " + half,
                                  "skipped_files_total{reason=\"name\"} " + half});
    EXPECT_LT(peak, kMostKilobytes);
}

}  // namespace
}  // namespace hostile
