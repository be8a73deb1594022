// SPDX-License-Identifier: MIT
#include "bridge/process/standard_descriptors.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace bridge {

void open_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
            continue;
        }
        // It is the lowest that is free, so it is the one that open() gives.
        if (::open("/dev/null", O_RDWR | O_CLOEXEC) < 0) {
            // A bare root has no /dev; what can be neither read nor written keeps the number, too.
            static_cast<void>(::open("/", O_PATH | O_CLOEXEC));
        }
    }
}

}  // namespace bridge
