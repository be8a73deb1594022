// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bridge::suggest {

/// One of Boundary's allow rules, `method=GET,HEAD domain=*.example.com path=/a/*,/b`, as Boundary
/// v0.9.0 and its main of 2026 read it (its rulesengine; coder.com/docs, AI agents, boundary). What
/// is not named matches all.
struct AllowRule {
    std::string raw;
    std::vector<std::string> methods;             ///< empty = all; `*` = all, too
    std::vector<std::string> domain;              ///< labels; empty = all
    std::vector<std::vector<std::string>> paths;  ///< segments; empty = all
};

/// An Error says what Boundary would not understand; it does not start with such a rule.
[[nodiscard]] base::Result<AllowRule> parse_allow_rule(std::string_view text);

/// Where a request went, as Boundary holds it against its rules: the path is taken apart after its
/// escapes are undone, port and query play no part.
struct Target {
    std::string host;
    std::vector<std::string> segments;  ///< of "/a/" are "a" and ""; of "/" is ""
};

/// Nothing can match a URL that Go's net/url does not read; such a one gives an Error.
[[nodiscard]] base::Result<Target> target_of(std::string_view http_url);

[[nodiscard]] bool matches(const AllowRule& rule, std::string_view method, const Target& target);

/// Whether a pattern can name exactly this: a method, a label of a domain, a segment of a path.
[[nodiscard]] bool is_method_pattern(std::string_view method);
[[nodiscard]] bool is_label_pattern(std::string_view label);
[[nodiscard]] bool is_segment_pattern(std::string_view segment);

/// Whether the segments of `path` match `pattern`: `*` is one segment, at the end one or more; an
/// empty pattern is any path.
[[nodiscard]] bool path_matches(const std::vector<std::string>& pattern,
                                const std::vector<std::string>& path);

}  // namespace bridge::suggest
