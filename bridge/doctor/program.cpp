// SPDX-License-Identifier: MIT
#include "bridge/doctor/program.h"

#include <array>
#include <csignal>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace bridge::doctor {
namespace {

constexpr std::size_t kMostOutput = 4096;

std::optional<pid_t> spawn(const std::vector<std::string>& arguments, int output) {
    std::vector<std::string> copies = arguments;
    std::vector<char*> argv;
    argv.reserve(copies.size() + 1);
    for (auto& argument : copies) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    const int code =
        ::posix_spawn(&pid, arguments.front().c_str(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    return code == 0 ? std::optional(pid) : std::nullopt;
}

/// False when it was not closed in time.
bool read_to_end(int fd, std::chrono::milliseconds limit, std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::array<char, 512> buffer{};
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd wait{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
            return false;
        }
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0 || text.size() >= kMostOutput) {
            return got <= 0;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

std::string output_of(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return {};
    }
    const base::UniqueFd reading(ends[0]);
    std::optional<base::UniqueFd> writing(std::in_place, ends[1]);
    const auto pid = spawn(arguments, ends[1]);
    writing.reset();
    if (!pid) {
        return {};
    }
    std::string text;
    const bool ended = read_to_end(reading.get(), limit, text);
    if (!ended) {
        ::kill(*pid, SIGKILL);
        text.clear();
    }
    ::waitpid(*pid, nullptr, 0);
    return text.substr(0, kMostOutput);
}

}  // namespace bridge::doctor
