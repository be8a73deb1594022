// SPDX-License-Identifier: MIT
#include "tests/support/process.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace test_support {
namespace {

/// In the child, between fork and exec: only calls that are safe there.
void redirect(const std::string& path, int target) {
    const char* name = path.empty() ? "/dev/null" : path.c_str();
    const int fd = ::open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
        ::dup2(fd, target);
        ::close(fd);
    }
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const Options& options) {
    std::map<std::string, std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        environment[text.substr(0, text.find('='))] = text;
    }
    for (const auto& [name, value] : options.environment) {
        environment[name].assign(name).append("=").append(value);
    }
    std::vector<char*> envp;
    envp.reserve(environment.size() + 1);
    for (auto& [name, text] : environment) {
        envp.push_back(text.data());
    }
    envp.push_back(nullptr);
    std::vector<std::string> owned = arguments;
    std::vector<char*> argv;
    argv.reserve(owned.size() + 1);
    for (auto& argument : owned) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);

    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
        throw std::runtime_error("cannot fork");
    }
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(127);
        }
        redirect(options.output, STDOUT_FILENO);
        redirect(options.errors, STDERR_FILENO);
        if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) {
            ::_exit(127);
        }
        ::execvpe(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        kill();
        pid_ = std::exchange(other.pid_, -1);
    }
    return *this;
}

Process::~Process() { kill(); }

void Process::signal(int number) const {
    if (pid_ > 0) {
        ::kill(pid_, number);
    }
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
    int status = 0;
    const bool ended = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, limit);
    if (!ended) {
        return std::nullopt;
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Process::kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
}

RunResult run_command(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment,
                      std::chrono::milliseconds limit) {
    const TempDir folder;
    Process::Options options;
    options.environment = environment;
    options.output = folder.file("out");
    options.errors = folder.file("err");
    RunResult result;
    Process process(arguments, options);
    result.status = process.wait(limit).value_or(-1);
    result.output = read_file(options.output);
    result.errors = read_file(options.errors);
    return result;
}

int free_port() {
    // A socket that is bound but does not listen reserves the port: the kernel gives it to nobody
    // else, yet a server that asks for it by number with SO_REUSEADDR, as servers do, can have it.
    static std::vector<base::UniqueFd> held;
    base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0) {
        throw std::runtime_error("no free port");
    }
    held.push_back(std::move(fd));
    return ::ntohs(address.sin_port);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

}  // namespace test_support
