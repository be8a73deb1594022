// SPDX-License-Identifier: MIT
#include "exporter/push_outcome.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bridge/base/utf8.h"

namespace exporter {
namespace {

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Phrases of grafana/loki pkg/validation/validate.go and pkg/ingester/stream.go.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kPhrases = {{
    {"timestamp too old", "greater_than_max_sample_age"},
    {"timestamp too new", "too_far_in_future"},
    {"entry too far behind", "too_far_behind"},
    {"max entry size", "line_too_long"},
    {"structured metadata too large", "structured_metadata_too_large"},
    {"too many structured metadata", "structured_metadata_too_many"},
    {"label name too long", "label_name_too_long"},
    {"label value too long", "label_value_too_long"},
    {"label names; limit", "max_label_names_per_series"},
    {"couldn't parse labels", "invalid_labels"},
    {"label", "invalid_labels"},
}};

/// A 400 of these concerns the tenant header, not the entries.
bool is_tenant_trouble(std::string_view body) {
    return holds(body, "multiple org IDs") || holds(body, "tenant ID");
}

}  // namespace

Outcome classify(const Reply& reply) {
    if (reply.transport != Reply::Transport::Answered) {
        return Outcome::Retry;
    }
    const long status = reply.status;
    if (status == 204) {
        return Outcome::Stored;
    }
    if (status == 400 || status == 422) {
        return is_tenant_trouble(reply.body) ? Outcome::Hold : Outcome::Rejected;
    }
    if (status == 413) {
        return Outcome::TooLarge;
    }
    if (status == 408 || status == 425 || status == 429 || status >= 500) {
        return Outcome::Retry;
    }
    return Outcome::Hold;
}

std::string_view rejection_reason(std::string_view body) {
    const auto found = std::ranges::find_if(
        kPhrases, [body](const auto& phrase) { return holds(body, phrase.first); });
    return found == kPhrases.end() ? "other" : found->second;
}

bool refuses_metadata(const Reply& reply) {
    return reply.transport == Reply::Transport::Answered && reply.status == 400 &&
           holds(reply.body, "includes structured metadata, but this feature is disallowed");
}

std::string reply_text(const Reply& reply) {
    const std::string_view whole =
        reply.transport == Reply::Transport::Answered ? reply.body : reply.error;
    std::string text;
    base::append_valid_utf8(text, whole.substr(0, std::min<std::size_t>(whole.find('\n'), 200)));
    return text;
}

}  // namespace exporter
