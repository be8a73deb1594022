// SPDX-License-Identifier: MIT
#include "bridge/toolcall/processes.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "bridge/toolcall/folder.h"

namespace bridge::toolcall {
namespace {

using Clock = std::chrono::steady_clock;

struct State {
    char letter = '?';
    pid_t parent = 0;
};

/// /proc/PID/stat: `PID (NAME) STATE PPID ...`; the name may hold anything, `)` too (proc(5)).
std::optional<State> state_of(const std::string& pid) {
    const base::UniqueFd fd(::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 512> buffer{};
    const ::ssize_t got = fd.valid() ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos || name_end + 4 >= text.size()) {
        return std::nullopt;
    }
    State state{text[name_end + 2], 0};
    std::from_chars(text.data() + name_end + 4, text.data() + text.size(), state.parent);
    return state;
}

/// All that descend from a process, by who is whose parent at the moment.
std::vector<pid_t> descendants_of(pid_t ancestor) {
    std::multimap<pid_t, pid_t> children;
    list_folder("/proc", [&children](const char* name, int) {
        pid_t pid = 0;
        const auto [end, code] = std::from_chars(name, name + std::strlen(name), pid);
        const auto state = code == std::errc{} && *end == '\0' ? state_of(name) : std::nullopt;
        if (state && state->letter != 'Z') {
            children.emplace(state->parent, pid);
        }
        return true;
    });
    std::vector<pid_t> found = {ancestor};
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto [from, to] = children.equal_range(found[i]);
        for (auto it = from; it != to; ++it) {
            found.push_back(it->second);
        }
    }
    found.erase(found.begin());
    return found;
}

}  // namespace

std::vector<char*> argument_vector(std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (auto& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

void complain(const std::string& sentence) {
    const std::string line = "boundary-loki: " + sentence + "\n";
    // Where it cannot be written there is nobody to tell.
    static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()) > 0);
}

int become(std::vector<std::string> command) {
    if (command.front() == "sh") {
        command.front() = "/bin/sh";
    }
    ::execvp(command.front().c_str(), argument_vector(command).data());
    const int code = errno;
    complain("cannot run " + command.front() + ": " + std::generic_category().message(code));
    return code == ENOENT ? kNotFound : kCannotRun;
}

void kill_descendants() {
    // One that cannot be killed, in a call to a file system that hangs, must not hold us for ever.
    constexpr std::chrono::seconds kLongest{5};
    constexpr std::chrono::milliseconds kStep{1};
    const auto deadline = Clock::now() + kLongest;
    while (Clock::now() < deadline) {
        const auto left = descendants_of(::getpid());
        for (const pid_t pid : left) {
            ::kill(pid, SIGKILL);
        }
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        if (left.empty()) {
            return;
        }
        ::usleep(static_cast<useconds_t>(std::chrono::microseconds(kStep).count()));
    }
}

bool is_stopped(pid_t pid) {
    const auto state = state_of(std::to_string(pid));
    return state && state->letter == 'T';
}

}  // namespace bridge::toolcall
