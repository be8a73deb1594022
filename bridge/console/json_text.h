// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridge {

/// Writes one JSON text, commas included; pure ASCII, so that it is safe on a terminal, too. The
/// caller sees to it that brackets match and that a key stands before each member of an object.
class JsonText {
public:
    JsonText& open(char bracket);
    JsonText& close(char bracket);
    /// `name` must need no escapes.
    JsonText& key(std::string_view name);
    JsonText& number(std::uint64_t value);
    JsonText& boolean(bool value);
    JsonText& string(std::string_view value);
    /// RFC 3339, or null.
    JsonText& time(const std::optional<std::int64_t>& unix_ns);
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void separate();
    void append_ascii(std::string_view valid);
    void append_unit(std::uint32_t unit);

    std::string text_;
    bool first_ = true;
};

}  // namespace bridge
