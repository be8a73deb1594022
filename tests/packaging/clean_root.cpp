// SPDX-License-Identifier: MIT
#include "tests/packaging/clean_root.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace packaging {
namespace {

namespace fs = std::filesystem;
using test_support::Process;
using test_support::read_file;

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What takes root goes through sudo where we are not.
std::vector<std::string> as_root(std::vector<std::string> command) {
    if (::geteuid() != 0) {
        command.insert(command.begin(), {"sudo", "-n"});
    }
    return command;
}

Process hold(const test_support::TempDir& folder, const std::string& name,
             const std::vector<std::string>& mounts) {
    const std::string source(BOUNDARY_LOKI_SOURCE_DIR);
    const std::string root = source + "/build/tools/roots/" + name;
    if (!fs::is_directory(root)) {
        throw std::runtime_error("no clean Debian root at " + root + ": run tests/tools/roots.sh");
    }
    std::vector<std::string> arguments = {"unshare",
                                          "--mount",
                                          "--pid",
                                          "--fork",
                                          "--kill-child",
                                          "sh",
                                          source + "/tests/packaging/clean_root.sh",
                                          fs::canonical(root).string(),
                                          folder.file("root")};
    arguments.insert(arguments.end(), mounts.begin(), mounts.end());
    Process::Options options;
    options.errors = folder.file("errors");
    return {as_root(arguments), options};
}

}  // namespace

CleanRoot::CleanRoot(const std::string& name, const std::vector<std::string>& mounts)
    : holder_(hold(folder_, name, mounts)) {
    if (!test_support::eventually([&] { return fs::exists(folder_.file("root.ready")); })) {
        throw std::runtime_error(
            "cannot mount a clean root (it takes root or sudo, and CAP_SYS_ADMIN; in a container, "
            "--cap-add SYS_ADMIN --security-opt apparmor=unconfined): " +
            read_file(folder_.file("errors")));
    }
    pid_ = read_file(folder_.file("root.ready"));
    pid_.pop_back();
}

CleanRoot::~CleanRoot() {
    // Through sudo the holder is not ours to kill; it ends with the first process within.
    static_cast<void>(test_support::run_command(as_root({"kill", "-KILL", pid_})));
}

std::vector<std::string> CleanRoot::words(const std::string& uid, const std::string& folder,
                                          const Environment& environment,
                                          const std::vector<std::string>& arguments) const {
    std::vector<std::string> words = {
        "nsenter", "--target", pid_,   "--mount", "--pid", "chroot",         folder_.file("root"),
        "setpriv", "--reuid",  uid,    "--regid", "1000",  "--clear-groups", "--no-new-privs",
        "env",     "-C",       folder, "-i"};
    for (const auto& [name, value] : environment) {
        words.push_back(std::string(name).append("=").append(value));
    }
    words.insert(words.end(), arguments.begin(), arguments.end());
    return as_root(std::move(words));
}

std::vector<std::string> CleanRoot::command(const std::vector<std::string>& arguments,
                                            const Environment& environment) const {
    Environment all = {{"PATH", kPath}, {"HOME", "/home/coder"}};
    for (const auto& [name, value] : environment) {
        all[name] = value;
    }
    return words("1000", "/home/coder", all, arguments);
}

std::vector<std::string> CleanRoot::command_as(const std::string& uid,
                                               const std::vector<std::string>& arguments) const {
    return words(uid, "/", {{"PATH", kPath}}, arguments);
}

test_support::RunResult CleanRoot::run(const std::vector<std::string>& arguments,
                                       const Environment& environment) const {
    return test_support::run_command(command(arguments, environment));
}

test_support::RunResult CleanRoot::shell(const std::string& script,
                                         const Environment& environment) const {
    return run({"sh", "-c", script}, environment);
}

}  // namespace packaging
