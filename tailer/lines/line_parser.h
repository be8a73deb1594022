// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "tailer/lines/cut_line.h"
#include "tailer/lines/decision.h"
#include "tailer/lines/slog_json_parser.h"
#include "tailer/lines/slog_text_parser.h"

namespace tailer {

/// Parses a line of either form, told apart by its first byte. See the two parsers for lifetimes
/// and for the padding that must follow the line.
///
/// A disk that was full and is freed leaves torn bytes, and what is written next stands right
/// behind them. A decision that is whole, up to the end of the line, is found there.
class LineParser {
public:
    [[nodiscard]] ParsedLine parse(std::string_view line);

    /// The head of an over-long line: the decision that it tells, or Unparsed. The result borrows
    /// from this parser alone.
    [[nodiscard]] ParsedLine parse_head(std::string_view head);

private:
    SlogTextParser text_;
    SlogJsonParser json_;
    CompletedLine completed_;
};

}  // namespace tailer
