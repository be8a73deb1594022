// SPDX-License-Identifier: MIT
#include "bridge/toolcall/caller.h"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "bridge/toolcall/attendance.h"
#include "bridge/toolcall/processes.h"
#include "bridge/toolcall/proxy_port.h"
#include "bridge/toolcall/signal_sets.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace bridge::toolcall {
namespace {

/// A neighbour may take a port between our look at it and Boundary's.
constexpr int kMostPorts = 3;

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

bool is_tool_call() {
    return is_set("CODER_CHAT_ID") && !is_set("CODER_SCRIPT_DATA_DIR") &&
           !is_set("BOUNDARY_JAIL") && !is_set(kToolCallIdVariable);
}

std::string uuid_v4() {
    std::array<unsigned char, 16> bytes{};
    while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<::ssize_t>(bytes.size())) {
    }
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        text += kHex[bytes.at(i) >> 4U];
        text += kHex[bytes.at(i) & 0x0FU];
    }
    return text;
}

/// This program's own file, which is the inner side, too.
std::string own_path() {
    std::array<char, 4'096> path{};
    const ::ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : "";
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Setup setup_of(const ToolCall& call, const Signals& signals) {
    Setup setup;
    setup.group = ::getpgrp();
    setup.blocked = signals.blocked;
    setup.ignored = signals.ignored;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    setup.most_files = files.rlim_cur;
    setup.command = call.command;
    setup.journal_dir = call.journal_dir;
    if (const char* child = std::getenv("CHILD")) {
        setup.child = child;
    }
    return setup;
}

int status_of(const Outcome& outcome) {
    switch (outcome.kind) {
        case Outcome::Kind::Exited:
            return outcome.value;
        case Outcome::Kind::Signalled:
            return kSignalled + outcome.value;
        case Outcome::Kind::Lost:
            return kSignalled + SIGKILL;
        case Outcome::Kind::NotRun:
            break;
    }
    return outcome.value != 0 ? kSignalled + outcome.value : kCannotRun;
}

/// What one try at a call came to.
struct Try {
    Outcome outcome;
    std::string trouble;  ///< when the command was not run
    bool port_was_taken = false;
};

class Runner {
public:
    Runner(const ToolCall& call, const std::vector<int>& inherited)
        : call_(call), inherited_(inherited), setup_(setup_of(call, signals_now())) {
        block_signals();
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    }

    /// Under the first of these that does run the command.
    Outcome run(const std::vector<Command>& boundaries) {
        const Witness witness;
        Try last;
        for (const auto& boundary : boundaries) {
            for (int i = 0; i < kMostPorts; ++i) {
                last = run_under(boundary, witness);
                if (last.outcome.kind != Outcome::Kind::NotRun || last.outcome.value != 0) {
                    return last.outcome;
                }
                if (!last.port_was_taken) {
                    break;
                }
            }
        }
        complain(last.trouble);
        return last.outcome;
    }

private:
    Try run_under(const Command& boundary, const Witness& witness) {
        const ProxyPort port = take_port();
        setup_.id = uuid_v4();
        ::setenv(kToolCallIdVariable, setup_.id.c_str(), 1);
        Command command = boundary;
        command.insert(command.end(),
                       {"--proxy-port", std::to_string(port.number), "--", own_path(), "--inner"});
        FirstStart first_start(call_.journal_dir);
        auto started = BoundaryProcess::start(std::move(command));
        if (!started) {
            return {{}, "this tool call is refused: " + started.error().message, false};
        }
        journal_start(started->pid());
        started->let_go();
        Attendance attendance(*started, witness, first_start, setup_, inherited_);
        Try result{attendance.wait(), {}, false};
        std::string said = started->words().said();
        if (attendance.boundary_went_first()) {
            said = "Boundary ended before the command, with " + started->how_it_ended() +
                   (said.empty() ? "" : ": " + said);
        }
        if (result.outcome.kind == Outcome::Kind::NotRun) {
            result.trouble = "Boundary ended with " + started->how_it_ended() +
                             " and has not run the command" + (said.empty() ? "" : ": " + said);
            result.port_was_taken = !is_free(port.number);
        }
        journal({tailer::ToolCallEnd{setup_.id, clock_.wall_ns(), status_of(result.outcome),
                                     std::move(said)}});
        return result;
    }

    void journal_start(pid_t boundary) const {
        tailer::ToolCallStart start;
        start.id = setup_.id;
        start.tool = call_.tool;
        start.source = tailer::ToolCallSource::Exec;
        start.time_ns = clock_.wall_ns();
        start.pids = {boundary};
        start.chat_id = std::getenv("CODER_CHAT_ID");
        start.process = last_part(call_.command.front());
        journal({start});
    }
    /// Without the record the call still runs jailed and logged; only its label is lost. It is not
    /// said on stderr, which is the command's; `doctor` says it.
    void journal(const tailer::ToolCallRecord& record) const {
        static_cast<void>(tailer::append_toolcall(call_.journal_dir, record));
    }

    const ToolCall& call_;
    const std::vector<int>& inherited_;
    Setup setup_;
    base::SystemClock clock_;
};

}  // namespace

int run_tool_call(const ToolCall& call, const std::vector<int>& inherited) {
    if (!is_tool_call()) {
        return become(call.command);
    }
    const auto boundaries = boundary_commands(call.boundary, process_environment());
    if (!boundaries.empty()) {
        const Outcome outcome = Runner(call, inherited).run(boundaries);
        const int status = status_of(outcome);
        if (status > kSignalled && outcome.kind != Outcome::Kind::Exited) {
            take(status - kSignalled);
        }
        return status;
    }
    const std::string wanted = boundary_wanted(call.boundary, process_environment());
    if (call.fail_open) {
        complain("no " + wanted + " to run this tool call under; running it without");
        return become(call.command);
    }
    complain("no " + wanted +
             " to run this tool call under, so it is refused; install Coder Boundary on PATH, or "
             "name it with --boundary");
    return kCannotRun;
}

}  // namespace bridge::toolcall
