// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "tests/support/patience.h"

namespace test_support {

/// A child process that never outlives the test: killed and reaped on destruction, and by the
/// kernel should the test itself die.
class Process {
public:
    struct Options {
        std::map<std::string, std::string> environment;  ///< on top of the test's own
        std::string output;                              ///< file for stdout; empty = /dev/null
        std::string errors;                              ///< file for stderr; empty = /dev/null
        std::string folder;                              ///< to run in; empty = the test's own
    };

    Process(const std::vector<std::string>& arguments, const Options& options);
    Process(const std::vector<std::string>& arguments) : Process(arguments, Options{}) {}
    Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const;
    /// Exit status (128 + signal when killed), or nothing when it still runs after `limit`.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit);
    /// SIGKILL, and reap.
    void kill();

private:
    pid_t pid_ = -1;
};

struct RunResult {
    int status = -1;
    std::string output;
    std::string errors;
};

/// Runs a command to its end; status -1 when it took longer than `limit` (and was killed).
[[nodiscard]] RunResult run_command(const std::vector<std::string>& arguments,
                                    const std::map<std::string, std::string>& environment = {},
                                    std::chrono::milliseconds limit = std::chrono::seconds(120));

/// A TCP port on 127.0.0.1 that nobody else uses as long as this process lives.
[[nodiscard]] int free_port();

[[nodiscard]] std::string read_file(const std::string& path);

/// Calls `done` until it is true, for at most `limit`.
template <typename Condition>
[[nodiscard]] bool eventually(Condition done, std::chrono::milliseconds limit = kPatience);

}  // namespace test_support

template <typename Condition>
bool test_support::eventually(Condition done, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}
