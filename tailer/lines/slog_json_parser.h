// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "tailer/lines/decision.h"

namespace tailer {

/// Bytes that must be readable (of any value) behind a line given to SlogJsonParser.
inline constexpr std::size_t kJsonPadding = simdjson::SIMDJSON_PADDING;

/// Reads JSON lines: those of Go's log/slog JSONHandler, and coderd's own `boundary_request` line
/// (cdr.dev/slog slogjson: the decision lies under "fields"). Values that are no strings keep their
/// JSON text. Not thread-safe.
class SlogJsonParser {
public:
    /// `line` comes without its newline and with kJsonPadding readable bytes behind it. The result
    /// borrows from `line` and from this parser. A line that was `cut` lacks what stands behind its
    /// URL: in coderd's form the event's own time, for which the line's is taken.
    [[nodiscard]] ParsedLine parse(std::string_view line, bool cut = false);

private:
    bool read_object(simdjson::ondemand::object object, std::vector<base::LabelView>& pairs,
                     bool descend);
    [[nodiscard]] ParsedLine coderd_request(bool cut);
    [[nodiscard]] ParsedLine slog_record();

    simdjson::ondemand::parser parser_;
    std::vector<base::LabelView> pairs_;
    std::vector<base::LabelView> fields_;  ///< what coderd's form holds under "fields"
};

}  // namespace tailer
