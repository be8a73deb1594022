// SPDX-License-Identifier: MIT
#pragma once

#include "base/unique_fd.h"

namespace bridge {

/// Wakes a thread that waits in poll().
class Wakeup {
public:
    Wakeup();
    [[nodiscard]] int fd() const { return fd_.get(); }
    void notify() const;

private:
    base::UniqueFd fd_;
};

}  // namespace bridge
