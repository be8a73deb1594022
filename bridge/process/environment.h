// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// Looks a variable up; an empty value counts as unset.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

[[nodiscard]] Environment process_environment();

}  // namespace bridge
