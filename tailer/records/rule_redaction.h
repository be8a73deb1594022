// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "tailer/records/text_redaction.h"

namespace tailer {

/// Boundary's allow rules without secrets. A policy has few rules and a log names them on every
/// ALLOW, so what became of the last ones is remembered. Not thread-safe.
class RuleRedactor {
public:
    explicit RuleRedactor(QueryPolicy policy) : text_(policy) {}

    /// Borrows from this object, or from `rule`, until the next call.
    [[nodiscard]] std::string_view redacted(std::string_view rule);

private:
    struct Known {
        std::string rule;
        std::string redacted;
    };
    static constexpr std::size_t kKnown = 64;

    TextRedactor text_;
    std::array<Known, kKnown> known_;  ///< by slot_of()
};

}  // namespace tailer
