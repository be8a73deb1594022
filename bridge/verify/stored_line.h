// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/verify/keyed_hash.h"
#include "bridge/verify/line_fields.h"

namespace bridge::verify {

/// What a line of the trail says of itself. The views borrow from the StoredLineReader until its
/// next call.
struct StoredLine {
    enum class Kind : std::uint8_t { Decision, Notice };
    Kind kind = Kind::Decision;
    std::string_view session;
    std::optional<std::uint64_t> seq;  ///< entries of an early version have none
    std::string_view identity;         ///< whose it is: owner, workspace and agent, as a key
    std::string_view owner;
    std::string_view workspace;
    std::optional<std::int64_t> event_ns;  ///< as Boundary stamped it; a notice has none
    bool names_tool_call = false;
    bool names_boundary_session = false;  ///< an earlier version did not
    std::uint64_t whole = 0;              ///< hash of the line
    /// Hash of what Boundary decided: all but whose workspace it was and which tool call, which
    /// come from elsewhere, and Boundary's own session. The same in both line formats.
    std::uint64_t core = 0;
};

/// Reads lines as LineBuilder makes them, JSON and logfmt. Not thread-safe.
class StoredLineReader {
public:
    explicit StoredLineReader(const KeyedHash& hash) : hash_(hash) {}

    /// Nothing when the line is none of ours.
    [[nodiscard]] std::optional<StoredLine> read(std::string_view line);

private:
    void field(std::string_view name, std::string_view value);

    KeyedHash hash_;
    LineFields fields_;
    StoredLine result_;
    bool ours_ = false;
    std::string session_;
    std::string identity_;
    std::string owner_;
    std::string workspace_;
    std::string core_;
};

}  // namespace bridge::verify
