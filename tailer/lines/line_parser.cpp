// SPDX-License-Identifier: MIT
#include "tailer/lines/line_parser.h"

#include <algorithm>

namespace tailer {
namespace {

/// Where a line of text begins whose verdict is the last in `line`; empty when there is none but
/// the one at its start.
std::string_view behind_torn_bytes(std::string_view line) {
    const auto last = [line](std::string_view text) {
        const std::size_t at = line.rfind(text);
        return at == std::string_view::npos ? 0 : at;
    };
    const std::size_t verdict =
        std::max(last(" level=WARN msg=DENY method="), last(" level=INFO msg=ALLOW method="));
    const std::size_t begin = line.substr(0, verdict).rfind("time=");
    return begin == std::string_view::npos || begin == 0 ? std::string_view() : line.substr(begin);
}

bool is_boundarys_decision(const ParsedLine& parsed) {
    const auto* decision = std::get_if<Decision>(&parsed);
    return decision != nullptr && decision->suspect.empty();
}

}  // namespace

ParsedLine LineParser::parse(std::string_view line) {
    const auto as_it_stands = [&] {
        return !line.empty() && line.front() == '{' ? json_.parse(line) : text_.parse(line);
    };
    ParsedLine parsed = as_it_stands();
    if (is_boundarys_decision(parsed)) {
        return parsed;
    }
    const std::string_view whole = behind_torn_bytes(line);
    if (whole.empty()) {
        return parsed;
    }
    parsed = text_.parse(whole);
    return is_boundarys_decision(parsed) ? parsed : as_it_stands();
}

ParsedLine LineParser::parse_head(std::string_view head) {
    const bool json = head.starts_with('{');
    completed_ = json ? complete_json(head) : complete_text(head);
    const std::size_t size = completed_.text.size();
    completed_.text.append(kJsonPadding, ' ');
    const std::string_view whole = std::string_view(completed_.text).substr(0, size);
    ParsedLine parsed = json ? json_.parse(whole, completed_.url_cut) : text_.parse(whole);
    auto* decision = std::get_if<Decision>(&parsed);
    if (decision == nullptr) {
        return Unparsed{"too_long"};
    }
    if (completed_.url_cut) {
        decision->url_truncated = true;
        decision->url = without_torn_end(decision->url);
    }
    return parsed;
}

}  // namespace tailer
