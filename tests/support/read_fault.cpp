// SPDX-License-Identifier: MIT
// To be preloaded: a program's first reads of segments of the spool fail with EIO, as many as the
// file says that READ_FAULT names, read anew at each; none where there is no number.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

long faults_wanted() {
    static const char* const path = ::getenv("READ_FAULT");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    std::array<char, 24> text{};
    const long got = ::syscall(SYS_read, fd, text.data(), text.size() - 1);
    ::close(fd);
    return got > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
}

bool is_segment(int fd) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    std::array<char, 4096> path{};
    const ::ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
    return size > 0 &&
           std::string_view(path.data(), static_cast<std::size_t>(size)).ends_with(".push.zst");
}

}  // namespace

// The library's own names are reserved: NOLINTNEXTLINE(readability-inconsistent-declaration-*)
extern "C" ::ssize_t read(int fd, void* buffer, std::size_t size) {
    static std::atomic<long> faults = 0;
    if (is_segment(fd) && faults < faults_wanted()) {
        ++faults;
        errno = EIO;
        return -1;
    }
    return ::syscall(SYS_read, fd, buffer, size);
}
