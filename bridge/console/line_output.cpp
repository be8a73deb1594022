// SPDX-License-Identifier: MIT
#include "bridge/console/line_output.h"

#include <algorithm>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bridge {

bool LineOutput::write(std::string_view line) {
    const std::scoped_lock lock(mutex_);
    look();
    rest_.erase(0, put(rest_));
    if (!rest_.empty()) {
        return false;
    }
    const std::size_t written = put(line);
    if (written > 0) {
        rest_ = line.substr(written);
    }
    return written > 0;
}

/// Finds out what stands behind the descriptor, if it is not what stood there the last time.
void LineOutput::look() {
    struct stat info {};
    if (::fstat(fd_, &info) != 0 || (info.st_dev == device_ && info.st_ino == inode_)) {
        return;
    }
    device_ = info.st_dev;
    inode_ = info.st_ino;
    rest_.clear();
    own_.reset();
    kind_ = S_ISSOCK(info.st_mode) ? Kind::Socket : Kind::File;
    if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) {
        const std::string path = "/proc/self/fd/" + std::to_string(fd_);
        own_ = base::UniqueFd(
            ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        kind_ = own_.valid() ? Kind::Own : Kind::Shared;
    }
}

/// As much of it as there is room for.
std::size_t LineOutput::put(std::string_view text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const std::size_t some = put_some(text.substr(written));
        if (some == 0) {
            break;
        }
        written += some;
    }
    return written;
}

std::size_t LineOutput::put_some(std::string_view text) const {
    ::ssize_t written = -1;
    switch (kind_) {
        case Kind::File:
            written = ::write(fd_, text.data(), text.size());
            break;
        case Kind::Own:
            written = ::write(own_.get(), text.data(), text.size());
            break;
        case Kind::Socket:
            written = ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            break;
        case Kind::Shared: {
            // A pipe that is writable takes as much at least without waiting.
            pollfd there{fd_, POLLOUT, 0};
            if (::poll(&there, 1, 0) == 1 && (there.revents & (POLLERR | POLLHUP)) == 0) {
                written = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
            }
            break;
        }
    }
    return written > 0 ? static_cast<std::size_t>(written) : 0;
}

}  // namespace bridge
