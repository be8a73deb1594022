// SPDX-License-Identifier: MIT
#include "bridge/toolcall/descriptors.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bridge/toolcall/folder.h"

namespace bridge::toolcall {
namespace {

constexpr int kStandard = 3;  ///< 0, 1 and 2
/// Where there is no /proc, no more than these are looked for.
constexpr int kMostWithoutProc = 256;

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

/// On the lowest number that is free.
void open_null() { static_cast<void>(::open("/dev/null", O_RDWR)); }

}  // namespace

std::vector<int> inherited_descriptors() {
    std::vector<int> all;
    for (int fd = 0; fd < kStandard; ++fd) {
        if (is_open(fd)) {
            all.push_back(fd);
        }
    }
    while (all.size() < kStandard && !(is_open(0) && is_open(1) && is_open(2))) {
        open_null();
    }
    const bool listed = list_folder("/proc/self/fd", [&all](const char* name, int own) {
        int fd = -1;
        std::from_chars(name, name + std::strlen(name), fd);
        if (fd >= kStandard && fd != own) {
            all.push_back(fd);
        }
        return true;
    });
    for (int fd = kStandard; !listed && fd < kMostWithoutProc; ++fd) {
        if (is_open(fd)) {
            all.push_back(fd);
        }
    }
    return all;
}

void let_go(const std::vector<int>& descriptors) {
    const base::UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int fd : descriptors) {
        if (fd >= kStandard) {
            ::close(fd);
        } else if (null.valid()) {
            ::dup2(null.get(), fd);
        }
    }
}

bool put_in_place(const std::vector<Passed>& descriptors, std::uint64_t most_files) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit widest{limit.rlim_max, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &widest);

    // None goes through but those that are put in place below.
    ::syscall(SYS_close_range, kStandard, ~0U, CLOSE_RANGE_CLOEXEC);
    int above = kStandard;
    for (const auto& passed : descriptors) {
        above = std::max(above, passed.number + 1);
    }
    // First out of the way of each other's numbers.
    std::vector<int> moved;
    for (const auto& passed : descriptors) {
        moved.push_back(::fcntl(passed.fd.get(), F_DUPFD_CLOEXEC, above));
        if (moved.back() < 0) {
            return false;
        }
    }
    for (int fd = 0; fd < kStandard; ++fd) {
        ::close(fd);
    }
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
        if (::dup2(moved[i], descriptors[i].number) < 0) {
            return false;
        }
    }
    limit.rlim_cur = std::min<::rlim_t>(most_files, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return true;
}

}  // namespace bridge::toolcall
