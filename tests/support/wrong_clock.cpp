// SPDX-License-Identifier: MIT
// To be preloaded: the wall clock of a program is wrong by as many seconds as the file says that
// WRONG_CLOCK names, read anew at each look; by none where there is no number.
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace {

long seconds_wrong() {
    static const char* const path = ::getenv("WRONG_CLOCK");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    char text[24] = {};
    const ::ssize_t got = ::read(fd, &text[0], sizeof text - 1);
    ::close(fd);
    return got > 0 ? std::strtol(&text[0], nullptr, 10) : 0;
}

}  // namespace

// The library's own names are reserved: NOLINTNEXTLINE(readability-inconsistent-declaration-*)
extern "C" int clock_gettime(::clockid_t clock, ::timespec* now) {
    using Real = int (*)(::clockid_t, ::timespec*);
    static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int result = real(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) {
        now->tv_sec += seconds_wrong();
    }
    return result;
}
