// SPDX-License-Identifier: MIT
#include "tailer/lines/suspicion.h"

#include <algorithm>
#include <array>

#include "tailer/lines/decision.h"

namespace tailer {

std::string_view suspicion_of(std::span<const base::LabelView> pairs, std::string_view level,
                              std::string_view message) noexcept {
    constexpr std::array<std::string_view, 7> kKeys = {"time", "level", "msg", "method",
                                                       "url",  "host",  "rule"};
    const bool allow = message == "ALLOW";
    if (!allow && message != "DENY") {
        return {};
    }
    if (level != (allow ? "INFO" : "WARN")) {
        return kSuspectReasons[0];
    }
    const std::size_t own = allow ? kKeys.size() : kKeys.size() - 1;
    const auto is_own = [&](const base::LabelView& pair) {
        return std::ranges::find(kKeys, pair.name) != kKeys.end();
    };
    const bool in_order =
        pairs.size() >= own && std::ranges::equal(pairs.first(own), std::span(kKeys).first(own), {},
                                                  &base::LabelView::name);
    if (!in_order || std::ranges::any_of(pairs.subspan(own), is_own)) {
        return kSuspectReasons[1];
    }
    return {};
}

}  // namespace tailer
