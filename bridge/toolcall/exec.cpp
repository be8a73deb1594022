// SPDX-License-Identifier: MIT
#include "bridge/toolcall/exec.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/unique_fd.h"
#include "bridge/process/signals.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kCannotRun = 126;
constexpr int kNotFound = 127;
constexpr int kSignalled = 128;

/// Ports for the proxies: below those that the kernel gives to clients (ip_local_port_range).
constexpr int kFirstPort = 18'100;
constexpr int kPorts = 1'000;

void complain(const std::string& sentence) { std::cerr << "boundary-loki: " << sentence << '\n'; }

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

bool is_tool_call() {
    return is_set("CODER_CHAT_ID") && !is_set("CODER_SCRIPT_DATA_DIR") &&
           !is_set("BOUNDARY_JAIL") && !is_set(kToolCallIdVariable);
}

std::vector<char*> argument_vector(std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (auto& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// Becomes the command; returns only when that fails.
int become(std::vector<std::string> command) {
    // A bare sh would find whatever stands in for it on PATH, which may have called us.
    if (command.front() == "sh") {
        command.front() = "/bin/sh";
    }
    ::execvp(command.front().c_str(), argument_vector(command).data());
    const int code = errno;
    complain("cannot run " + command.front() + ": " + std::generic_category().message(code));
    return code == ENOENT ? kNotFound : kCannotRun;
}

/// The program's path, if it can be run.
std::optional<std::string> find_program(const std::string& name) {
    const auto runs = [](const std::string& path) {
        std::error_code ignored;
        return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos) {
        return runs(name) ? std::optional(name) : std::nullopt;
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        std::string candidate(rest.substr(0, end));
        candidate.append(candidate.empty() ? "./" : "/").append(name);
        if (runs(candidate)) {
            return candidate;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::nullopt;
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

/// Held while it lives; the kernel lets go of it when we die, however that comes.
base::UniqueFd lock_file(const std::string& path, int operation) {
    base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    while (fd.valid() && ::flock(fd.get(), operation) != 0) {
        if (errno != EINTR) {
            return {};
        }
    }
    return fd;
}

bool is_free(int port) {
    const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int reuse = 1;  // what is left of an earlier call's connections is no obstacle
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           ::listen(fd.get(), 1) == 0;
}

/// A port for one Boundary's proxy. Calls in parallel would all find the same one free before any
/// listens on it, so each is locked for the length of its call.
struct Port {
    int number = 0;
    base::UniqueFd lock;
};

std::optional<Port> take_port(const std::string& folder) {
    if (!base::make_private_folder(folder)) {
        return std::nullopt;
    }
    for (int i = 0; i < kPorts; ++i) {
        const int number = kFirstPort + (::getpid() + i) % kPorts;
        auto lock = lock_file(folder + "/" + std::to_string(number), LOCK_EX | LOCK_NB);
        if (lock.valid() && is_free(number)) {
            return Port{number, std::move(lock)};
        }
    }
    return std::nullopt;
}

/// Boundary makes its CA at the first start, and two that do so at once leave a key and a
/// certificate that do not fit (coder/boundary tls/tls.go). So the first start goes alone.
class FirstStart {
public:
    explicit FirstStart(const std::string& journal_dir) {
        const char* config = std::getenv("XDG_CONFIG_HOME");
        const char* home = std::getenv("HOME");
        certificate_ = config != nullptr && *config != '\0'
                           ? std::string(config)
                           : std::string(home == nullptr ? "" : home) + "/.config";
        certificate_ += "/coder_boundary/ca-cert.pem";
        if (!is_made()) {
            lock_ = lock_file(journal_dir + "/first-start", LOCK_EX);
        }
    }
    /// Waits until there is a CA, at most for kLongestWait, and lets the others go.
    void done(pid_t boundary) {
        constexpr milliseconds kLongestWait{5'000};
        constexpr milliseconds kStep{10};
        for (milliseconds waited{0}; lock_.valid() && !is_made() && waited < kLongestWait;
             waited += kStep) {
            siginfo_t ended{};
            if (::waitid(P_PID, static_cast<id_t>(boundary), &ended, WEXITED | WNOHANG | WNOWAIT) !=
                    0 ||
                ended.si_pid != 0) {
                break;
            }
            std::this_thread::sleep_for(kStep);
        }
        lock_ = {};
    }

private:
    [[nodiscard]] bool is_made() const {
        std::error_code code;
        return fs::file_size(certificate_, code) > 0 && !code;
    }

    std::string certificate_;
    base::UniqueFd lock_;
};

/// Where the command's own status is left: a descriptor would not get through Boundary's re-exec.
class StatusFile {
public:
    StatusFile() : folder_((fs::temp_directory_path() / "boundary-loki-call-XXXXXX").string()) {
        if (::mkdtemp(folder_.data()) == nullptr) {
            folder_.clear();
        }
    }
    StatusFile(const StatusFile&) = delete;
    StatusFile& operator=(const StatusFile&) = delete;
    ~StatusFile() {
        std::error_code ignored;
        if (!folder_.empty()) {
            fs::remove_all(folder_, ignored);
        }
    }
    [[nodiscard]] bool usable() const { return !folder_.empty(); }

    /// The command, made to leave its status behind.
    [[nodiscard]] std::vector<std::string> around(const std::vector<std::string>& command) const {
        // The shell's own words, such as "Killed", are not the command's: they go nowhere, while
        // the command's stderr waits on a descriptor that it did not inherit. A signal for the
        // whole group is the command's to answer; the traps, which the command does not inherit,
        // let the shell live on to write down how it did.
        constexpr const char* kScript =
            R"sh(file=$1; shift; trap : HUP INT QUIT TERM USR1 USR2; fd=3; )sh"
            R"sh(while [ $fd -lt 9 ] && [ -e /proc/self/fd/$fd ]; do fd=$((fd + 1)); done; )sh"
            R"sh(eval "exec $fd>&2 2>/dev/null; (exec \"\$@\" 2>&$fd $fd>&-)"; )sh"
            R"sh(status=$?; echo $status >"$file"; exit $status)sh";
        std::vector<std::string> all = {"/bin/sh", "-c", kScript, "sh", path()};
        all.insert(all.end(), command.begin(), command.end());
        if (command.front() == "sh") {
            all.at(5) = "/bin/sh";
        }
        return all;
    }
    [[nodiscard]] std::optional<int> read() const {
        const std::string text = base::read_whole(path()).value_or("");
        int status = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), status);
        return parsed.ec == std::errc{} ? std::optional(status) : std::nullopt;
    }

private:
    [[nodiscard]] std::string path() const { return folder_ + "/status"; }
    std::string folder_;
};

/// Starts a child that waits for a byte on `go` before it becomes Boundary.
pid_t start_boundary(std::vector<std::string>& arguments, int go, int parents_end,
                     const BlockedSignals& signals) {
    auto pointers = argument_vector(arguments);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) {
        return pid;
    }
    signals.let_through();
    // Should we be killed alone, the jail does not outlive its call.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::close(parents_end);
    char byte = 0;
    if (::getppid() != parent || ::read(go, &byte, 1) != 1) {
        ::_exit(kCannotRun);
    }
    ::execv(pointers.front(), pointers.data());
    ::_exit(kCannotRun);
}

struct Ended {
    int status = kCannotRun;
    std::optional<int> signal;  ///< the last one passed on
};

/// Waits for Boundary, and passes on what we are sent meanwhile.
Ended wait_for(pid_t boundary, const BlockedSignals& signals) {
    constexpr milliseconds kLongestWait{60'000};
    Ended ended;
    int status = 0;
    while (::waitpid(boundary, &status, WNOHANG) == 0) {
        const auto signal = signals.wait(kLongestWait);
        if (signal && *signal != SIGCHLD) {
            ended.signal = signal;
            ::kill(boundary, *signal);
        }
    }
    ended.status = WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
    return ended;
}

/// Boundary's own status says nothing while it ends in order: up to v0.9.0 it is always 0.
int status_of_call(const std::optional<int>& commands, const Ended& boundary) {
    if (commands) {
        return *commands;
    }
    if (boundary.signal) {
        return kSignalled + *boundary.signal;
    }
    if (boundary.status >= kSignalled) {
        return boundary.status;
    }
    complain("Boundary ended with status " + std::to_string(boundary.status) +
             " and has not run the command");
    return kCannotRun;
}

int run_under(const std::string& boundary, const ToolCallExec& call) {
    const auto port = take_port(call.journal_dir + "/ports");
    const StatusFile status;
    std::array<int, 2> go{};
    if (!port || !status.usable() || ::pipe2(go.data(), O_CLOEXEC) != 0) {
        complain("cannot prepare the tool call: " +
                 std::string(!port ? "no proxy port is to be had in " + call.journal_dir + "/ports"
                                   : "no temporary folder"));
        return kCannotRun;
    }
    const base::UniqueFd go_read(go[0]);
    base::UniqueFd go_write(go[1]);

    tailer::ToolCallStart start;
    start.id = uuid_v4();
    start.tool = call.tool;
    start.source = tailer::ToolCallSource::Exec;
    start.chat_id = std::getenv("CODER_CHAT_ID");
    start.process = fs::path(call.command.front()).filename().string();
    ::setenv(kToolCallIdVariable, start.id.c_str(), 1);

    std::vector<std::string> arguments = {boundary, "--proxy-port", std::to_string(port->number),
                                          "--"};
    const auto command = status.around(call.command);
    arguments.insert(arguments.end(), command.begin(), command.end());

    FirstStart first_start(call.journal_dir);
    std::signal(SIGCHLD, SIG_DFL);  // ignored, it would take the status away
    const BlockedSignals signals({SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2});
    const pid_t pid = start_boundary(arguments, go_read.get(), go_write.get(), signals);
    if (pid < 0) {
        complain("cannot start a process: " + std::generic_category().message(errno));
        return kCannotRun;
    }
    const base::SystemClock clock;
    start.time_ns = clock.wall_ns();
    start.pids = {pid};
    // Without the record the call still runs jailed and logged; only its label is lost.
    if (const auto written = append_toolcall(call.journal_dir, start); !written) {
        complain("this tool call is not journaled: " + written.error().message);
    }
    if (::write(go_write.get(), "g", 1) != 1) {
        complain("cannot let the tool call go: " + std::generic_category().message(errno));
    }
    go_write = {};
    first_start.done(pid);
    const Ended ended = wait_for(pid, signals);
    const int result = status_of_call(status.read(), ended);
    static_cast<void>(
        append_toolcall(call.journal_dir, tailer::ToolCallEnd{start.id, clock.wall_ns(), result}));
    return result;
}

}  // namespace

int run_tool_call(const ToolCallExec& call) {
    if (!is_tool_call()) {
        return become(call.command);
    }
    const auto boundary = find_program(call.boundary);
    if (boundary) {
        return run_under(*boundary, call);
    }
    if (call.fail_open) {
        complain("no " + call.boundary + " to run this tool call under; running it without");
        return become(call.command);
    }
    complain("no " + call.boundary +
             " to run this tool call under, so it is refused; install Coder Boundary on PATH, or "
             "name it with --boundary");
    return kCannotRun;
}

}  // namespace bridge
