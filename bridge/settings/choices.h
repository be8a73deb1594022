// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "bridge/console/log.h"
#include "tailer/records/enricher.h"

// The words that a setting can be, and the value of each.

namespace bridge {

template <typename Value>
using Choice = std::pair<std::string_view, Value>;

inline constexpr std::array<Choice<tailer::LineFormat>, 2> kLineFormats = {
    {{"json", tailer::LineFormat::Json}, {"logfmt", tailer::LineFormat::Logfmt}}};
inline constexpr std::array<Choice<tailer::QueryPolicy>, 3> kQueryPolicies = {
    {{"drop", tailer::QueryPolicy::Drop},
     {"keep", tailer::QueryPolicy::Keep},
     {"redact", tailer::QueryPolicy::Redact}}};
inline constexpr std::array<Choice<tailer::NoticePolicy>, 3> kNoticePolicies = {
    {{"all", tailer::NoticePolicy::All},
     {"none", tailer::NoticePolicy::None},
     {"trail", tailer::NoticePolicy::Trail}}};
inline constexpr std::array<Choice<LogLevel>, 4> kLogLevels = {{{"debug", LogLevel::Debug},
                                                                {"error", LogLevel::Error},
                                                                {"info", LogLevel::Info},
                                                                {"warn", LogLevel::Warn}}};
inline constexpr std::array<Choice<LogFormat>, 2> kLogFormats = {
    {{"json", LogFormat::Json}, {"text", LogFormat::Text}}};

/// The word for a value, which must be among the choices.
template <typename Choices, typename Value>
[[nodiscard]] constexpr std::string_view word_of(const Choices& choices, Value value) {
    return std::ranges::find(choices, value, &Choices::value_type::second)->first;
}

}  // namespace bridge
