// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "bridge/summary/counts.h"
#include "bridge/summary/timeline.h"
#include "tailer/tailer.h"

namespace bridge {

/// log/slog's levels, in the order of their weight; `Other` is no level of slog's.
enum class NoticeLevel : std::uint8_t { Error, Warn, Info, Debug, Other };

inline constexpr std::array<NoticeLevel, 5> kNoticeLevels = {NoticeLevel::Error, NoticeLevel::Warn,
                                                             NoticeLevel::Info, NoticeLevel::Debug,
                                                             NoticeLevel::Other};

[[nodiscard]] std::string_view name_of(NoticeLevel level);

/// What is counted of the decisions of one verdict.
struct VerdictCounts {
    std::uint64_t total = 0;
    BoundedCounts domains{4096};  ///< key "" = the request named no host
    BoundedCounts methods{64};
};

/// What a summary tells, however much was read. A table each level, so that a flood of one level
/// cannot push another's messages out.
struct SummaryData {
    VerdictCounts allow;
    VerdictCounts deny;
    BoundedCounts denied_tool_calls{4096};
    /// By a call's id, the name of its tool; of those counted last, when there are very many.
    std::unordered_map<std::string, std::string> tool_names;
    BoundedCounts rules{1024};  ///< that let a request through; "" = Boundary named none
    std::uint64_t notices = 0;
    std::uint64_t lifecycle = 0;
    std::array<BoundedCounts, kNoticeLevels.size()> notice_messages{
        BoundedCounts{128}, BoundedCounts{128}, BoundedCounts{128}, BoundedCounts{128},
        BoundedCounts{128}};
    std::uint64_t unparsed = 0;
    std::map<std::string, std::uint64_t, std::less<>> unparsed_reasons;
    std::uint64_t sessions = 0;  ///< that have a decision: a child's log alone is no session
    std::uint64_t files = 0;
    std::uint64_t unreadable = 0;          ///< files and folders
    std::optional<std::int64_t> first_ns;  ///< of all lines with a time
    std::optional<std::int64_t> last_ns;
    Timeline timeline;

    [[nodiscard]] std::uint64_t decisions() const { return allow.total + deny.total; }
    [[nodiscard]] const BoundedCounts& messages(NoticeLevel level) const {
        return notice_messages.at(static_cast<std::size_t>(level));
    }
};

/// Counts what a Tailer reads.
class SummaryGatherer final : public tailer::LineSink {
public:
    void on_record(const tailer::Record& record) override;
    void on_unparsed(const tailer::UnparsedLine& line) override;

    [[nodiscard]] SummaryData& data() { return data_; }
    [[nodiscard]] const SummaryData& data() const { return data_; }

private:
    void count_session(std::string_view session);
    void count_tool_call(std::string_view id, std::string_view tool);

    SummaryData data_;
    std::unordered_set<std::string> sessions_;  ///< one a file at most, like the tailer's own table
    std::string last_session_;
};

}  // namespace bridge
