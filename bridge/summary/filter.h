// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tailer/tailer.h"

namespace bridge {

/// Which lines a summary counts; what is not set lets all pass.
struct SummaryWish {
    std::optional<std::int64_t> since_ns;  ///< inclusive
    std::optional<std::int64_t> until_ns;  ///< exclusive
    std::string decision;                  ///< allow or deny; notices then do not count
    std::string domain;     ///< a name, or `*.name` for all below it; notices then do not count
    std::string tool_call;  ///< its id; notices then do not count, nor for the next two
    std::string chat;       ///< id of the agent's chat or session
    std::string tool;       ///< its exact name

    /// Whether only decisions can be what is wished for.
    [[nodiscard]] bool of_decisions() const {
        return !(decision.empty() && domain.empty() && tool_call.empty() && chat.empty() &&
                 tool.empty());
    }
};

/// Hands on what is wished for. Lines that were not understood have neither time nor decision, and
/// count unless something of decisions is asked for.
class SummaryFilter final : public tailer::LineSink {
public:
    SummaryFilter(SummaryWish wish, tailer::LineSink& next) : wish_(std::move(wish)), next_(next) {}

    void on_record(const tailer::Record& record) override;
    void on_unparsed(const tailer::UnparsedLine& line) override;

private:
    [[nodiscard]] bool wants(const tailer::Record& record) const;

    SummaryWish wish_;
    tailer::LineSink& next_;
};

}  // namespace bridge
