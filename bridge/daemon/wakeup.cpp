// SPDX-License-Identifier: MIT
#include "bridge/daemon/wakeup.h"

#include <sys/eventfd.h>

namespace bridge {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Wakeup::notify() const { static_cast<void>(::eventfd_write(fd_.get(), 1)); }

}  // namespace bridge
