// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string_view>

#include <simdjson.h>

namespace bridge::verify {

/// Takes a `boundary_request` line or a notice apart, as LineBuilder makes them and as coderd does:
/// JSON, logfmt, and what coderd writes for people (`time [info]  coderd.agentrpc: boundary_request
///  key=value  key=value`). Not thread-safe.
class LineFields {
public:
    /// The views live for the call.
    using Take = std::function<void(std::string_view name, std::string_view value)>;

    /// Gives the message as `msg`, then each field that is a text or a whole number. False when the
    /// line has another shape; something may have been given all the same.
    [[nodiscard]] bool read(std::string_view line, const Take& take);

private:
    [[nodiscard]] bool read_json(std::string_view line, const Take& take);
    [[nodiscard]] bool read_pairs(std::string_view pairs, const Take& take);

    simdjson::dom::parser parser_;
    simdjson::dom::parser value_parser_;
};

}  // namespace bridge::verify
