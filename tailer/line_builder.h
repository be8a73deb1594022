// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
    void field(std::string_view name, std::string_view value);
    /// The same for a name of our own, which no format has to escape.
    void our_field(std::string_view name, std::string_view value);
    /// Appends fields that fields_only() made with the same format.
    void prepared(std::string_view fields);
    /// The line; borrows from this object until the next begin().
    [[nodiscard]] std::string_view finish();

    /// Starts a run of bare fields, to be kept and given to prepared() later.
    void begin_fields();
    [[nodiscard]] std::string fields_only() const { return line_; }

private:
    void separate();
    void put(std::string_view name, std::string_view value, bool our_name);

    LineFormat format_;
    std::string line_;
    bool first_field_ = true;
};

}  // namespace tailer
