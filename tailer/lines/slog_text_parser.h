// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rfc3339.h"
#include "tailer/lines/decision.h"

namespace tailer {

/// Reads the lines of Go's log/slog TextHandler, which is what Boundary writes: `key=value` pairs
/// parted by one space; a value is bare, or quoted as strconv.Quote does (log/slog text_handler.go,
/// strconv/quote.go). A backslash in a bare value is just a backslash.
///
/// A decision is (INFO, ALLOW) or (WARN, DENY) followed directly by method, url, host, as tokens;
/// text inside a value can never make one. Not thread-safe; allocates only to grow its buffers.
class SlogTextParser {
public:
    /// `line` comes without its newline. The result borrows from `line` and from this parser.
    [[nodiscard]] ParsedLine parse(std::string_view line);

private:
    [[nodiscard]] std::optional<Decision> boundarys_verdict(std::string_view rest);
    [[nodiscard]] ParsedLine any_record(std::string_view rest);

    std::string unquoted_;  ///< backs every value that had escapes
    std::vector<base::LabelView> pairs_;
    base::Rfc3339Reader times_;
};

}  // namespace tailer
