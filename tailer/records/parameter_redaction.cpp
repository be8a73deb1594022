// SPDX-License-Identifier: MIT
#include "tailer/records/parameter_redaction.h"

#include <algorithm>

#include "base/text.h"
#include "tailer/records/listed.h"
#include "tailer/records/plain_rules.h"
#include "tailer/records/plain_shape.h"
#include "tailer/records/secret_words.h"

namespace tailer {
namespace {

/// max_tokens=4096
bool is_limit(std::string_view name, std::string_view value) {
    constexpr std::size_t kMostDigits = 6;
    return value.size() <= kMostDigits && std::ranges::all_of(value, base::is_digit) &&
           is_listed_folded(rules::kLimitWords, name.substr(0, name.find_first_of("-_")));
}

}  // namespace

Parameter judge_parameter(std::string_view name, std::string_view value) noexcept {
    const bool readable = is_readable_name(name) || name == kRedacted;
    const bool harmless = readable && name != kRedacted &&
                          (is_secret_name(name) ? is_limit(name, value) : is_harmless_value(value));
    return {readable, value.empty() || value == kRedacted || harmless};
}

bool is_harmless_bare(std::string_view text) noexcept {
    return text == kRedacted || is_harmless_value(text);
}

}  // namespace tailer
