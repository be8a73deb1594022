// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "tailer/lines/slog_json_parser.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace tailer {

/// Reads records; not thread-safe.
class ToolCallParser {
public:
    /// `line` has kJsonPadding readable bytes behind it. Nothing for what is no record: bad JSON,
    /// no id, another version, a text or list that is longer than encode_toolcall() makes them. A
    /// record that stands behind the torn rest of another is found.
    [[nodiscard]] std::optional<ToolCallRecord> parse(std::string_view line);

private:
    simdjson::ondemand::parser parser_;
};

}  // namespace tailer
