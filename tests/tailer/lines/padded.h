// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "tailer/lines/slog_json_parser.h"

namespace test_support {

/// A line with the bytes behind it that the JSON parser may look at.
class Padded {
public:
    explicit Padded(std::string_view text) : text_(text), size_(text.size()) {
        text_.append(tailer::kJsonPadding, '\xFF');  // what stands there must not matter
    }
    // NOLINTNEXTLINE(google-explicit-constructor): a line is passed on as one
    operator std::string_view() const { return std::string_view(text_).substr(0, size_); }

private:
    std::string text_;
    std::size_t size_;
};

}  // namespace test_support
