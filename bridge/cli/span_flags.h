// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace bridge {

/// The flags --since and --until.
class SpanFlags {
public:
    void attach(CLI::App& app, const std::string& since_help, const std::string& until_help);
    /// Ages such as 6h count back from now.
    void read(std::optional<std::int64_t>& since_ns, std::optional<std::int64_t>& until_ns) const;

private:
    std::string since_;
    std::string until_;
};

}  // namespace bridge
