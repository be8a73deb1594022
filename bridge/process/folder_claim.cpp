// SPDX-License-Identifier: MIT
#include "bridge/process/folder_claim.h"

#include <cerrno>
#include <cstddef>
#include <optional>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace bridge {
namespace {

/// Beyond two, one more is no news.
constexpr int kPlaces = 2;

struct Address {
    sockaddr_un name{};
    ::socklen_t size = 0;

    explicit Address(const std::string& text) {
        name.sun_family = AF_UNIX;
        // A first byte of 0 makes it abstract.
        text.copy(&name.sun_path[1], sizeof name.sun_path - 1);
        size = static_cast<::socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    }
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

/// Empty when the folder is not there.
std::string name_of_folder(const std::string& folder) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) {
        return {};
    }
    return "boundary-loki/" + std::to_string(info.st_dev) + "-" + std::to_string(info.st_ino) + "/";
}

base::UniqueFd new_socket() {
    return base::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Who listens there, if anybody does.
std::optional<::pid_t> holder_of(const std::string& name) {
    const base::UniqueFd fd = new_socket();
    const Address address(name);
    if (::connect(fd.get(), address.get(), address.size) != 0) {
        // EAGAIN: its queue is full, so it is there.
        return errno == EAGAIN ? std::optional<::pid_t>(0) : std::nullopt;
    }
    ucred who{};
    ::socklen_t size = sizeof who;
    return ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

}  // namespace

std::vector<::pid_t> FolderClaim::renew() {
    const std::string name = name_of_folder(folder_);
    if (name != name_) {
        socket_.reset();
        place_ = -1;
        name_ = name;
    }
    if (name.empty()) {
        return {};
    }
    for (int place = 0; place < kPlaces && place_ < 0; ++place) {
        base::UniqueFd fd = new_socket();
        const Address address(name + std::to_string(place));
        if (::bind(fd.get(), address.get(), address.size) == 0 && ::listen(fd.get(), 8) == 0) {
            socket_ = std::move(fd);
            place_ = place;
        }
    }
    // Who looked is gone by now, and makes room for the next.
    for (int i = 0; i < 64; ++i) {
        const base::UniqueFd guest(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!guest.valid()) {
            break;
        }
    }
    std::vector<::pid_t> others;
    for (int place = 0; place < kPlaces; ++place) {
        if (place != place_) {
            if (const auto pid = holder_of(name + std::to_string(place))) {
                others.push_back(*pid);
            }
        }
    }
    return others;
}

std::vector<::pid_t> followers_of(const std::string& folder) {
    std::vector<::pid_t> all;
    const std::string name = name_of_folder(folder);
    for (int place = 0; place < kPlaces && !name.empty(); ++place) {
        if (const auto pid = holder_of(name + std::to_string(place))) {
            all.push_back(*pid);
        }
    }
    return all;
}

}  // namespace bridge
