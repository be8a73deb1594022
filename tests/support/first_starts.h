// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "base/unique_fd.h"
#include "bridge/toolcall/held_name.h"
#include "tests/support/process.h"

namespace test_support {

/// While the result lives, no other test interferes with who goes first: all processes of a user
/// share the name that is held at a first start. Waits for its turn; throws after kPatience.
[[nodiscard]] inline base::UniqueFd turn_at_first_starts() {
    std::optional<base::UniqueFd> turn;
    if (!eventually([&] {
            turn = bridge::toolcall::hold_name("test/first-start");
            return turn.has_value();
        })) {
        throw std::runtime_error("another test holds the first start");
    }
    return std::move(*turn);
}

}  // namespace test_support
