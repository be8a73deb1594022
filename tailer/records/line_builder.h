// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rfc3339.h"
#include "base/text_buffer.h"
#include "tailer/records/field_name.h"

namespace tailer {

enum class LineFormat : std::uint8_t {
    Json,    ///< coderd's slogjson shape
    Logfmt,  ///< coderd's human text, as older dashboards parse it
};

/// Builds one log line: a head, then fields in the order given. Empty values are left out. The
/// result is valid UTF-8 and holds no newline, whatever goes in.
class LineBuilder {
public:
    explicit LineBuilder(LineFormat format) : format_(format) {}

    /// `message` is `boundary_request` for a decision; for a notice it starts with `boundary: `.
    void begin(std::int64_t timestamp_ns, std::string_view level, std::string_view message);
    /// The same with what head() gave of an earlier line.
    void begin(std::int64_t timestamp_ns, std::string_view head);
    void field(std::string_view name, std::string_view value);
    void our_field(const FieldName& name, std::string_view value);
    /// The same for a value that is known to hold nothing that a JSON string has to escape.
    void plain_field(const FieldName& name, std::string_view value);
    void number_field(const FieldName& name, std::uint64_t value);
    /// What is said by its presence.
    void true_field(const FieldName& name);
    /// Bytes of what was built since begin().
    [[nodiscard]] std::size_t size() const { return line_.size(); }
    /// The line; borrows from this object until the next begin().
    [[nodiscard]] std::string_view finish();

    /// All but the timestamp of what was built since begin(), one field at least: many lines begin
    /// alike.
    [[nodiscard]] std::string head() const;

private:
    void separate();
    void put_stamp(std::int64_t timestamp_ns);
    void put_name(const FieldName& name);

    LineFormat format_;
    base::TextBuffer line_;
    base::Rfc3339Writer stamps_;
    std::size_t behind_stamp_ = 0;
    bool first_field_ = true;
};

}  // namespace tailer
