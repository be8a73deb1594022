// SPDX-License-Identifier: MIT
#include "exporter/loki/rejection.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"

namespace exporter {
namespace {

/// Loki's "oldest acceptable timestamp is: T", if the body names one.
std::optional<std::int64_t> oldest_acceptable(std::string_view body) {
    constexpr std::string_view kPhrase = "oldest acceptable timestamp is: ";
    const std::size_t at = body.find(kPhrase);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    body.remove_prefix(at + kPhrase.size());
    return base::parse_rfc3339(body.substr(0, body.find_first_not_of("0123456789-+:TZ")));
}

/// Reasons that lie in the labels, and hence hold for every entry of the stream.
bool concerns_whole_stream(std::string_view reason) {
    return reason == "label_name_too_long" || reason == "label_value_too_long" ||
           reason == "max_label_names_per_series" || reason == "invalid_labels";
}

std::size_t older_than(const SealedBatch& batch, std::optional<std::int64_t> limit_ns) {
    const auto first_fine = std::ranges::find_if(batch.slots(), [&](const auto& slot) {
        return !limit_ns || slot.timestamp_ns >= *limit_ns;
    });
    return static_cast<std::size_t>(first_fine - batch.slots().begin());
}

}  // namespace

Refused refused_entries(const SealedBatch& batch, std::string_view reason, std::string_view body) {
    const auto limit_ns = oldest_acceptable(body);
    if (reason == "too_far_behind") {
        const std::size_t behind = older_than(batch, limit_ns);
        return {0, batch.size() == 1 ? 1 : behind};
    }
    if (batch.size() == 1 || concerns_whole_stream(reason)) {
        return {batch.size(), 0};
    }
    if (reason == "greater_than_max_sample_age" && limit_ns) {
        // The text has whole seconds, and the limit only moves forward.
        return {older_than(batch, *limit_ns - base::kNanosPerSecond), 0};
    }
    return {};
}

}  // namespace exporter
