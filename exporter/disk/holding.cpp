// SPDX-License-Identifier: MIT
#include "exporter/disk/holding.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"

namespace exporter {
namespace {

/// Reads a number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (code != std::errc{}) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return number;
}

std::string_view value_of(const DecodedEntry& entry, std::string_view name) {
    const auto found = std::ranges::find(entry.metadata, name, &base::LabelView::name);
    return found == entry.metadata.end() ? std::string_view() : found->value;
}

using Numbered = std::vector<std::pair<std::uint64_t, std::int64_t>>;  ///< with timestamps

std::string text_of(const Numbered& sorted) {
    std::string text;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t last = i;
        while (last + 1 < sorted.size() && sorted[last + 1].first <= sorted[last].first + 1) {
            ++last;
        }
        text.append(text.empty() ? "" : ",").append(std::to_string(sorted[i].first));
        if (sorted[last].first != sorted[i].first) {
            text.append("-").append(std::to_string(sorted[last].first));
        }
        i = last + 1;
    }
    return text;
}

}  // namespace

std::vector<Holding> holdings_of(std::string_view labels, std::string_view entries,
                                 std::span<const SealedBatch::Slot> slots) {
    const bool all_decisions = std::ranges::any_of(
        parse_stream_labels(labels), [](const auto& label) { return label.first == "decision"; });
    std::map<std::tuple<std::string_view, bool, std::uint64_t>, Numbered> of;
    const auto decoded = decode_entries(entries);
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        const DecodedEntry& entry = decoded[i];
        const bool decision = all_decisions || !value_of(entry, "decision").empty();
        std::string_view text = value_of(entry, "seq");
        const std::string_view session = value_of(entry, "session");
        const auto number = take_number(text);
        const bool known = number && text.empty() && !session.empty();
        const std::uint64_t source = known && i < slots.size() ? slots[i].ticket.source : 0;
        Numbered& numbers = of[{known ? session : std::string_view(), decision, source}];
        numbers.emplace_back(known ? *number : numbers.size(), entry.timestamp_ns);
    }
    std::vector<Holding> holdings;
    for (auto& [key, numbers] : of) {
        std::ranges::sort(numbers);
        const auto& [session, decision, source] = key;
        holdings.push_back(
            {std::string(session), decision, text_of(numbers), numbers.front().second});
    }
    return holdings;
}

std::optional<Numbers> Numbers::parse(std::string_view text) {
    Numbers numbers;
    for (bool more = true; more;) {
        const auto first = take_number(text);
        auto last = first;
        if (text.starts_with('-')) {
            text.remove_prefix(1);
            last = take_number(text);
        }
        if (!first || !last || *last < *first ||
            (!numbers.runs_.empty() && *first <= numbers.runs_.back().second)) {
            return std::nullopt;
        }
        numbers.runs_.emplace_back(*first, *last);
        more = text.starts_with(',');
        text.remove_prefix(more ? 1 : 0);
    }
    return text.empty() ? std::optional(std::move(numbers)) : std::nullopt;
}

bool Numbers::contains(std::uint64_t number) const {
    const auto behind =
        std::ranges::upper_bound(runs_, number, {}, &decltype(runs_)::value_type::first);
    return behind != runs_.begin() && std::prev(behind)->second >= number;
}

std::uint64_t Numbers::count() const {
    std::uint64_t count = 0;
    for (const auto& [first, last] : runs_) {
        count += last - first + 1;
    }
    return count;
}

}  // namespace exporter
