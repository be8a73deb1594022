// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "tailer/lines/decision.h"
#include "tailer/lines/slog_json_parser.h"
#include "tailer/lines/slog_text_parser.h"

namespace tailer {

/// Parses a line of either form, told apart by its first byte. See the two parsers for lifetimes
/// and for the padding that must follow the line.
class LineParser {
public:
    [[nodiscard]] ParsedLine parse(std::string_view line) {
        return !line.empty() && line.front() == '{' ? json_.parse(line) : text_.parse(line);
    }

private:
    SlogTextParser text_;
    SlogJsonParser json_;
};

}  // namespace tailer
