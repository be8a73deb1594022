// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/process.h"
#include "tests/support/programs.h"
#include "tests/support/temp_dir.h"

namespace end_to_end {

namespace fs = std::filesystem;
using test_support::boundary_program;
using test_support::eventually;
using test_support::Process;
using test_support::tool;

/// What agent-exec takes for the agent's "terminate" and "kill", which go to the whole group.
constexpr int kAgentTerminates = SIGTERM;
constexpr int kAgentKills = SIGINT;

/// A workspace: the shim and boundary-loki on the agent's PATH, and a `boundary` with its policy.
class Agent {
public:
    explicit Agent(const std::string& log_dir) {
        fs::create_directories(folder_.file("bin"));
        fs::create_directories(folder_.file("config/coder_boundary"));
        fs::create_directories(folder_.file("tmp"));
        fs::create_symlink(std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/coder-templates/shim/sh",
                           folder_.file("bin/sh"));
        fs::create_symlink(BOUNDARY_LOKI_BINARY, folder_.file("bin/boundary-loki"));
        fs::create_symlink(std::string(BOUNDARY_LOKI_BINARY) + "-toolcall",
                           folder_.file("bin/boundary-loki-toolcall"));
        write_program("boundary", "exec " + boundary_program() +
                                      " --log-level info --allow domain=127.0.0.1 \"$@\"");
        environment_ = {
            {"PATH", folder_.file("bin") + ":" + std::getenv("PATH")},
            {"BOUNDARY_LOG_DIR", log_dir},
            {"BOUNDARY_JAIL_TYPE", "landjail"},
            {"XDG_CONFIG_HOME", folder_.file("config")},
            {"TMPDIR", folder_.file("tmp")},
            {"no_proxy", ""},
            {"NO_PROXY", ""},
        };
        make_ca();
    }

    void write_program(const std::string& name, const std::string& script) const {
        const std::string path = folder_.file("bin/" + name);
        std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
        fs::permissions(path, fs::perms::owner_all);
    }
    void remove_program(const std::string& name) const { fs::remove(folder_.file("bin/" + name)); }
    /// As if Boundary had been started before.
    void make_ca() const {
        std::ofstream(folder_.file("config/coder_boundary/ca-cert.pem")) << "made";
    }
    void forget_ca() const { fs::remove(folder_.file("config/coder_boundary/ca-cert.pem")); }
    [[nodiscard]] std::string file(std::string_view name) const { return folder_.file(name); }
    [[nodiscard]] bool left_nothing_behind() const { return fs::is_empty(folder_.file("tmp")); }

    /// Starts a call; what it says goes to `name`.out. Without a chat it is no tool call.
    [[nodiscard]] Process start(const std::string& name, const std::string& command,
                                const std::string& chat = "chat-1",
                                std::map<std::string, std::string> more = {}) const {
        Process::Options options;
        options.environment = environment_;
        more.merge(options.environment);
        options.environment = std::move(more);
        options.output = folder_.file(name + ".out");
        return Process({tool("agent-exec").value_or("agent-exec"), "-chat-id", chat, command},
                       options);
    }
    struct Result {
        int status = -1;
        std::string output;
    };
    [[nodiscard]] Result run(const std::string& command, const std::string& chat = "chat-1",
                             std::map<std::string, std::string> more = {}) const {
        static int number = 0;
        const std::string name = "run-" + std::to_string(++number);
        Process call = start(name, command, chat, std::move(more));
        const int status = call.wait(std::chrono::seconds(30)).value_or(-1);
        return {status, output_of(name)};
    }
    [[nodiscard]] std::string output_of(const std::string& name) const {
        return test_support::read_file(folder_.file(name + ".out"));
    }

    /// A call whose caller the test is: in a group of its own, both outputs in one pipe, stdin
    /// empty. `prepare` runs in the child, before it becomes the shim.
    class Call {
    public:
        Call(
            const Agent& agent, const std::string& command, bool jailed,
            const std::function<void()>& prepare = [] {}) {
            std::array<int, 2> ends{-1, -1};
            EXPECT_EQ(::pipe(ends.data()), 0);
            pid_ = ::fork();
            if (pid_ == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                ::setpgid(0, 0);
                ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
                ::dup2(ends[1], STDOUT_FILENO);
                ::dup2(ends[1], STDERR_FILENO);
                ::closefrom(3);
                for (const auto& [name, value] : agent.environment_) {
                    ::setenv(name.c_str(), value.c_str(), 1);
                }
                if (jailed) {
                    ::setenv("CODER_CHAT_ID", "chat-1", 1);
                }
                ::setenv(kTag, agent.file("").c_str(), 1);
                prepare();
                ::execl(agent.file("bin/sh").c_str(), "sh", "-c", command.c_str(), nullptr);
                ::_exit(99);
            }
            ::setpgid(pid_, pid_);
            ::close(ends[1]);
            output_ = base::UniqueFd(ends[0]);
        }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
        ~Call() {
            if (!status_) {
                ::kill(-pid_, SIGKILL);
                static_cast<void>(wait());
            }
        }
        [[nodiscard]] pid_t pid() const { return pid_; }
        /// All that comes until a line is whole.
        std::string line() {
            std::string text;
            char byte = 0;
            while (!text.ends_with('\n') && ::read(output_.get(), &byte, 1) == 1) {
                text += byte;
            }
            return text;
        }
        std::string rest() {
            std::string text;
            std::array<char, 4096> chunk{};
            ssize_t got = 0;
            while ((got = ::read(output_.get(), chunk.data(), chunk.size())) > 0) {
                text.append(chunk.data(), static_cast<std::size_t>(got));
            }
            return text;
        }
        /// What waitpid() gives.
        int wait() {
            int status = 0;
            if (!status_) {
                ::waitpid(pid_, &status, 0);
                status_ = status;
            }
            return *status_;
        }

    private:
        pid_t pid_ = -1;
        base::UniqueFd output_;
        std::optional<int> status_;
    };
    /// How many processes of this agent's calls live.
    [[nodiscard]] int alive() const {
        int count = 0;
        const std::string tag = std::string(kTag) + "=" + folder_.file("");
        for (const auto& entry : fs::directory_iterator("/proc")) {
            const std::string environment = test_support::read_file(entry.path() / "environ");
            count += environment.find(tag) != std::string::npos ? 1 : 0;
        }
        return count;
    }
    void set(const std::string& name, const std::string& value) { environment_[name] = value; }

private:
    static constexpr const char* kTag = "BOUNDARY_LOKI_TEST_TAG";
    test_support::TempDir folder_;
    std::map<std::string, std::string> environment_;
};

class ToolCallExecTest : public testing::Test {
protected:
    [[nodiscard]] std::string logs() const { return folder_.file("logs"); }
    [[nodiscard]] std::string journal() const {
        std::set<std::string> days;  // in their order, should midnight pass
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(logs() + "/toolcalls", ignored)) {
            if (entry.path().extension() == ".jsonl") {
                days.insert(entry.path().string());
            }
        }
        std::string text;
        for (const std::string& day : days) {
            text += test_support::read_file(day);
        }
        return text;
    }

    test_support::TempDir folder_;
    Agent agent_{logs()};
};

}  // namespace end_to_end
