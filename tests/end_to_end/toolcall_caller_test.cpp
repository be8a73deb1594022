// SPDX-License-Identifier: MIT
// To whoever makes a tool call it is the command, and nothing else: each case runs alone and under
// Boundary, and what comes of both is compared.
#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/resource.h>

#include "tests/end_to_end/agent.h"

namespace end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;

/// In a status: a core was left (wait(2)). One that is none of the command's is not wanted.
constexpr int kDumped = 0x80;

struct Ran {
    int status = 0;  ///< of waitpid()
    std::string output;

    friend bool operator==(const Ran&, const Ran&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Ran& ran) {
        return out << ran.status << " \"" << ran.output.substr(0, 500) << '"';
    }
};

void signal_to(const Agent::Call& call, bool group, int number) {
    ::kill(group ? -call.pid() : call.pid(), number);
}

class ToolCallCallerTest : public ToolCallExecTest {
protected:
    [[nodiscard]] Ran ran(const std::string& command, bool jailed,
                          const std::function<void()>& prepare) const {
        Agent::Call call(agent_, command, jailed, prepare);
        Ran result;
        result.output = call.rest();
        result.status = call.wait() & ~kDumped;
        return result;
    }
    void expect_as_alone(
        const std::string& command, const std::function<void()>& prepare = [] {}) const {
        SCOPED_TRACE(command);
        EXPECT_EQ(ran(command, true, prepare), ran(command, false, prepare));
    }
    /// Long before the commands that sleep would end by themselves.
    [[nodiscard]] bool all_end_soon() const {
        return eventually([&] { return agent_.alive() == 0; }, std::chrono::seconds(20));
    }
    /// The number behind `"name":` in the last such record of the journal.
    [[nodiscard]] pid_t boundary_in_journal() const {
        const std::string text = journal();
        const std::string name = "\"pids\":[";
        return std::stoi(text.substr(text.rfind(name) + name.size()));
    }
    [[nodiscard]] pid_t inner_side() const {
        for (const auto& entry : fs::directory_iterator("/proc")) {
            std::string arguments = test_support::read_file(entry.path() / "cmdline");
            const std::string environment = test_support::read_file(entry.path() / "environ");
            if (arguments.starts_with("/") &&
                arguments.find("boundary-loki-toolcall") < arguments.find('\0') &&
                arguments.find("--inner") != std::string::npos &&
                environment.find(agent_.file("")) != std::string::npos) {
                return std::stoi(entry.path().filename().string());
            }
        }
        return -1;
    }
};

TEST_F(ToolCallCallerTest, EveryOutputAndEndIsThatOfTheCommandAlone) {
    for (const std::string command :
         {"echo out; echo err >&2", "exit 0", "exit 3", "exit 255", "kill -TERM $$",
          "kill -KILL $$", "kill -SEGV $$", "no-such-command", "printf 'a\\0b\\377'",
          "for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done; exit 7",
          "exec >&- 2>&-; exit 9", "head -c 3000000 /dev/zero; exit 2",
          "(sleep 0.3; echo late) & echo early; exit 4", "echo \"$0\" \"$@\"",
          "grep -E '^(Sig[PBIC]|Shd)' /proc/self/status; umask; ulimit -a",
          "test $(ps -o pgid= -p $$) = $(ps -o pgid= -p $PPID) || exit 1; echo $CHILD"}) {
        expect_as_alone(command);
    }
    EXPECT_TRUE(all_end_soon());
    EXPECT_EQ(agent_.alive(), 0);
}

TEST_F(ToolCallCallerTest, WhatTheCallerHandsDownReachesTheCommand) {
    const std::string look =
        "ls -l /proc/self/fd | sed 's/.* \\([0-9]* -> \\)/\\1/; s/:.*//' | "
        "grep -v /proc | sort";
    expect_as_alone(look, [] { ::close(STDIN_FILENO); });
    expect_as_alone("exec 2>&1; " + look, [] { ::close(STDERR_FILENO); });
    expect_as_alone("echo lost; exit 3", [] { ::close(STDOUT_FILENO); });
    expect_as_alone(look, [] { ::dup2(STDOUT_FILENO, 9); });
    expect_as_alone("echo eleven >&11; read x <&12; echo $x", [] {
        std::array<int, 2> ends{};
        static_cast<void>(::pipe(ends.data()) == 0 && ::write(ends[1], "hello\n", 6) == 6);
        ::dup2(STDOUT_FILENO, 11);
        ::dup2(ends[0], 12);
    });
    expect_as_alone("ls /proc/self/fd | wc -l", [] {
        for (int i = 0; i < 600; ++i) {
            ::fcntl(STDIN_FILENO, F_DUPFD, 0);
        }
    });
    expect_as_alone("grep -E '^Sig[PBIC]' /proc/self/status", [] {
        ::signal(SIGINT, SIG_IGN);
        ::signal(SIGCHLD, SIG_IGN);
        ::signal(SIGPIPE, SIG_IGN);
        sigset_t some{};
        ::sigaddset(&some, SIGUSR1);
        ::sigaddset(&some, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &some, nullptr);
    });
    expect_as_alone("ulimit -Sn; umask", [] {
        const rlimit files{100, 200};
        ::setrlimit(RLIMIT_NOFILE, &files);
        ::umask(0137);
    });
    // Boundary takes this one for a sign that it is in the jail already.
    expect_as_alone("echo $CHILD", [] { ::setenv("CHILD", "true", 1); });
    expect_as_alone("echo " + std::string(120'000, 'x'));
}

TEST_F(ToolCallCallerTest, ASignalIsTheCommandsToAnswer) {
    for (const bool group : {true, false}) {
        for (const auto& [command, number] : std::vector<std::pair<std::string, int>>{
                 {"echo up; exec sleep 60", SIGTERM},
                 {"echo up; exec sleep 60", SIGINT},
                 {"echo up; exec sleep 60", SIGHUP},
                 {"echo up; exec sleep 60", SIGUSR1},
                 {"echo up; exec sleep 60", SIGQUIT},
                 {"echo up; exec sleep 60", SIGRTMIN + 3},
                 {"trap 'echo bye; exit 8' TERM; echo up; while :; do sleep 0.05; done 2>/dev/null",
                  SIGTERM},
                 {"trap '' TERM; echo up; sleep 0.5; echo on; exit 9", SIGTERM},
                 {"n=0; trap 'n=$((n+1))' USR2; echo up; i=0; "
                  "while [ $i -lt 200000 ]; do [ $n = 0 ] || i=$((i+1)); done; echo $n times",
                  SIGUSR2}}) {
            SCOPED_TRACE(command + " " + std::to_string(number) + (group ? " to all" : ""));
            std::vector<Ran> both;
            for (const bool jailed : {false, true}) {
                Agent::Call call(agent_, command, jailed);
                Ran result;
                result.output = call.line();
                signal_to(call, group, number);
                result.output += call.rest();
                result.status = call.wait() & ~kDumped;
                both.push_back(result);
            }
            EXPECT_EQ(both[1], both[0]);
            EXPECT_TRUE(all_end_soon());
        }
    }
}

TEST_F(ToolCallCallerTest, ASignalDuringTheStartIsTheCommandsToo) {
    const std::string sign = agent_.file("go on");
    const std::string wait = "until [ -e '" + sign + "' ]; do sleep 0.02; done; ";
    agent_.write_program("boundary", wait + "exec " + boundary_program() + " \"$@\"");
    Agent::Call call(agent_, "echo ran", true);
    ASSERT_TRUE(eventually([&] { return journal().find("start") != std::string::npos; }));
    signal_to(call, true, SIGTERM);
    std::ofstream(sign).flush();
    EXPECT_EQ(call.rest(), "");
    EXPECT_EQ(call.wait(), SIGTERM);
    // Where Boundary never comes so far, it ends after two seconds.
    agent_.write_program("boundary", "sleep 60");
    Agent::Call stuck(agent_, "echo ran", true);
    ASSERT_TRUE(eventually([&] { return agent_.alive() >= 3; }));
    signal_to(stuck, true, SIGTERM);
    EXPECT_THAT(stuck.rest(), Not(HasSubstr("ran\n")));
    EXPECT_EQ(stuck.wait(), SIGTERM);
    EXPECT_TRUE(all_end_soon());
}

TEST_F(ToolCallCallerTest, ItStopsAndGoesOnWithTheCommand) {
    for (const bool group : {true, false}) {
        // Nothing is started meanwhile: a shell that waits for a child to become its program does
        // not stop before that.
        const std::string sign = agent_.file(group ? "go on, all" : "go on");
        Agent::Call call(
            agent_, "echo up; while [ ! -e '" + sign + "' ]; do :; done; echo on; exit 5", true);
        ASSERT_EQ(call.line(), "up\n");
        signal_to(call, group, SIGTSTP);
        int status = 0;
        ASSERT_EQ(::waitpid(call.pid(), &status, WUNTRACED), call.pid());
        EXPECT_TRUE(WIFSTOPPED(status));
        EXPECT_EQ(WSTOPSIG(status), SIGTSTP);
        std::ofstream(sign) << "x";
        signal_to(call, group, SIGCONT);
        EXPECT_EQ(call.rest(), "on\n");
        EXPECT_EQ(WEXITSTATUS(call.wait()), 5);
    }
}

TEST_F(ToolCallCallerTest, ATerminalIsTheCommands) {
    for (const bool jailed : {false, true}) {
        int terminal = -1;
        const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
        if (pid == 0) {
            ::closefrom(3);
            ::setenv("BOUNDARY_JAIL_TYPE", "landjail", 1);
            ::setenv("BOUNDARY_LOG_DIR", logs().c_str(), 1);
            ::setenv("PATH", (agent_.file("bin") + ":" + std::getenv("PATH")).c_str(), 1);
            ::setenv(jailed ? "CODER_CHAT_ID" : "UNUSED", "chat-1", 1);
            ::execl(agent_.file("bin/sh").c_str(), "sh", "-c",
                    "trap 'echo interrupted; exit 5' INT; read x; echo got $x; tty >/dev/null || "
                    "exit 1; while :; do sleep 0.05; done",
                    nullptr);
            ::_exit(99);
        }
        const base::UniqueFd fd(terminal);
        const auto read_until = [&fd](const std::string& end) {
            std::string text;
            char byte = 0;
            while (text.find(end) == std::string::npos && ::read(fd.get(), &byte, 1) == 1) {
                text += byte;
            }
            return text;
        };
        ASSERT_EQ(::write(fd.get(), "hello\n", 6), 6);
        EXPECT_THAT(read_until("got hello"), HasSubstr("got hello"));
        ASSERT_EQ(::write(fd.get(), "\x03", 1), 1);
        EXPECT_THAT(read_until("interrupted"), HasSubstr("interrupted"));
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(WEXITSTATUS(status), 5);
    }
}

TEST_F(ToolCallCallerTest, OfAKilledCallNothingLivesOn) {
    for (const bool group : {true, false}) {
        for (const std::string command :
             {"echo up; sleep 60; echo x", "echo up; setsid sleep 60 & (sleep 61 &) ; sleep 62",
              "trap '' HUP TERM; echo up; (trap '' HUP TERM; while :; do sleep 1; done)"}) {
            SCOPED_TRACE(command + (group ? " all" : " the first alone"));
            Agent::Call call(agent_, command, true);
            ASSERT_EQ(call.line(), "up\n");
            EXPECT_GE(agent_.alive(), 6);
            signal_to(call, group, SIGKILL);
            EXPECT_EQ(call.wait(), SIGKILL);
            EXPECT_TRUE(all_end_soon()) << agent_.alive();
            EXPECT_TRUE(eventually([&] { return journal().ends_with("\"status\":137}\n"); }));
        }
    }
    for (int i = 0; i < 12; ++i) {
        Agent::Call call(agent_, "sleep 60", true);
        std::this_thread::sleep_for(std::chrono::milliseconds(12 * i));
        signal_to(call, i % 2 == 0, SIGKILL);
        static_cast<void>(call.wait());
        EXPECT_TRUE(all_end_soon()) << i;
    }
}

TEST_F(ToolCallCallerTest, ACommandOutlivesItsBoundaryButNotItsCaller) {
    for (const bool killed : {true, false}) {
        const std::string sign = agent_.file("go on");
        const std::string wait = "until [ -e '" + sign + "' ]; do sleep 0.02; done; exit 6";
        Agent::Call call(agent_, "echo up; " + (killed ? "sleep 60" : wait), true);
        ASSERT_EQ(call.line(), "up\n");
        const pid_t boundary = boundary_in_journal();
        ASSERT_EQ(::kill(boundary, SIGKILL), 0);
        ASSERT_TRUE(eventually([&] { return ::kill(boundary, 0) != 0; }));
        if (killed) {
            EXPECT_GE(agent_.alive(), 3);
            signal_to(call, false, SIGKILL);
            EXPECT_EQ(call.wait(), SIGKILL);
        } else {
            std::ofstream(sign).flush();
            EXPECT_EQ(WEXITSTATUS(call.wait()), 6);
            EXPECT_THAT(journal(), HasSubstr("Boundary ended before the command, with signal 9"));
        }
        EXPECT_TRUE(all_end_soon());
    }
}

TEST_F(ToolCallCallerTest, AKilledInnerSideEndsTheCall) {
    Agent::Call call(agent_, "echo up; setsid sleep 60 & sleep 61", true);
    ASSERT_EQ(call.line(), "up\n");
    const pid_t inner = inner_side();
    ASSERT_GT(inner, 0);
    ASSERT_EQ(::kill(inner, SIGKILL), 0);
    EXPECT_EQ(call.wait(), SIGKILL);
    EXPECT_TRUE(all_end_soon());
    EXPECT_THAT(journal(), HasSubstr("\"status\":137"));
}

TEST_F(ToolCallCallerTest, BoundarysWordsGoToTheJournal) {
    agent_.write_program("boundary",
                         "echo 'Error: told on stdout'; echo 'Error: told on stderr' >&2\n"
                         "echo 'time=2026-01-01T00:00:00Z level=WARN msg=DENY url=x?key=SECRET'\n"
                         "exec " +
                             boundary_program() + " \"$@\"");
    expect_as_alone("echo out; echo err >&2; exit 3");
    EXPECT_THAT(journal(), HasSubstr("\"status\":3,\"boundary_said\":\"Error: told on stdout; "
                                     "Error: told on stderr"));
    EXPECT_THAT(journal(), Not(HasSubstr("SECRET")));
    // However many they are, nobody waits for them, and the journal has the last of them.
    agent_.write_program("boundary",
                         "head -c 20000000 /dev/zero | tr '\\0' 'x' >&2\n"
                         "echo; echo the end >&2; exec " +
                             boundary_program() + " \"$@\"");
    expect_as_alone("echo out; exit 3");
    EXPECT_THAT(journal(), HasSubstr("the end\"}"));
    EXPECT_LT(journal().size(), 4'000U);
}

TEST_F(ToolCallCallerTest, BoundaryNeverSeesTheCommand) {
    fs::create_directories(logs());
    Agent::Call call(agent_, "echo 'Authorization: Bearer SECRET' >/dev/null; exit 3", true);
    static_cast<void>(call.rest());
    EXPECT_EQ(WEXITSTATUS(call.wait()), 3);
    int logs_seen = 0;
    for (const auto& entry : fs::recursive_directory_iterator(logs())) {
        if (entry.is_regular_file()) {
            ++logs_seen;
            EXPECT_THAT(test_support::read_file(entry.path().string()), Not(HasSubstr("SECRET")));
        }
    }
    EXPECT_GE(logs_seen, 3);  // both of Boundary's and the journal
}

}  // namespace
}  // namespace end_to_end
