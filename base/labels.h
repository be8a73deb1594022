// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

/// One label or metadata pair that owns its text.
using Label = std::pair<std::string, std::string>;

/// Stream labels, sorted by name, each name once, no empty value.
using Labels = std::vector<Label>;

/// One pair that borrows its text; the owner says for how long.
struct LabelView {
    std::string_view name;
    std::string_view value;
};

}  // namespace base
