// SPDX-License-Identifier: MIT
#include "tailer/records/rule_redaction.h"

#include <cstdint>

#include "base/byte_scan.h"

namespace tailer {
namespace {

/// A place for each rule, by its length and its ends: rules of one policy differ there.
std::size_t slot_of(std::string_view rule) {
    constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // Knuth's: 2^64 by the golden ratio
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    std::uint64_t mixed = rule.size();
    if (rule.size() >= 2 * kWord) {
        const char* const end = rule.data() + rule.size();
        mixed += base::scan::load(end - kWord) ^ base::scan::load(end - 2 * kWord) * 3;
    } else {
        for (const char c : rule) {
            mixed = mixed * 31 + static_cast<std::uint8_t>(c);
        }
    }
    return static_cast<std::size_t>(mixed * kSpread >> 58U);
}

}  // namespace

std::string_view RuleRedactor::redacted(std::string_view rule) {
    static_assert(kKnown == 64, "slot_of() gives six bits");
    constexpr std::size_t kLongest = 4096;  // what is longer is not worth its memory
    if (rule.empty()) {
        return rule;
    }
    Known& known = known_[slot_of(rule)];
    if (known.rule != rule) {
        known.redacted.clear();
        text_.append_rule(known.redacted, rule);
        known.rule.assign(rule.size() <= kLongest ? rule : std::string_view{});
    }
    return known.redacted;
}

}  // namespace tailer
