// SPDX-License-Identifier: MIT
#include "bridge/toolcall/first_start.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/toolcall/folder.h"
#include "bridge/toolcall/held_name.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace bridge::toolcall {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestWait{2'000};
constexpr milliseconds kStep{10};

/// The home of the first entry of /etc/passwd that `is_theirs`.
template <typename Entry>
std::optional<std::string> home_in_passwd(Entry is_theirs) {
    constexpr std::size_t kLargestEntry = 16U << 10U;
    const std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen("/etc/passwd", "re"), ::fclose);
    std::array<char, kLargestEntry> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    while (file && ::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
        if (is_theirs(entry)) {
            return entry.pw_dir;
        }
    }
    return std::nullopt;
}

/// As Go's os/user has it in a program without C, such as Boundary: it asks no name service.
std::string home() {
    const char* sudo_user = std::getenv("SUDO_USER");
    std::optional<std::string> found;
    if (sudo_user != nullptr && *sudo_user != '\0' && ::geteuid() == 0 &&
        std::strcmp(sudo_user, "root") != 0) {
        found = home_in_passwd(
            [=](const passwd& entry) { return std::strcmp(entry.pw_name, sudo_user) == 0; });
    }
    if (!found) {
        found = home_in_passwd([](const passwd& entry) { return entry.pw_uid == ::getuid(); });
    }
    const char* variable = std::getenv("HOME");
    return found ? *found : variable == nullptr ? "" : variable;
}

bool is_made(const std::string& certificate) {
    struct stat info {};
    return ::stat(certificate.c_str(), &info) == 0 && info.st_size > 0;
}

bool has_calls(const std::string& journal_dir) {
    bool found = false;
    list_folder(journal_dir.c_str(), [&found](const char* name, int) {
        found = tailer::is_toolcall_journal_name(name);
        return !found;
    });
    return found;
}

}  // namespace

std::string ca_certificate_path() {
    const char* config = std::getenv("XDG_CONFIG_HOME");
    const std::string folder =
        config != nullptr && *config != '\0' ? std::string(config) : home() + "/.config";
    return folder + "/coder_boundary/ca-cert.pem";
}

FirstStart::FirstStart(const std::string& journal_dir) {
    const std::string certificate = ca_certificate_path();
    const auto deadline = std::chrono::steady_clock::now() + kLongestWait;
    while (std::chrono::steady_clock::now() < deadline && !is_made(certificate)) {
        if (auto held = hold_name("first-start")) {
            // Whoever had it before us has begun, and has journaled that.
            if (!has_calls(journal_dir)) {
                held_ = std::move(*held);
            }
            return;
        }
        std::this_thread::sleep_for(kStep);
    }
}

}  // namespace bridge::toolcall
