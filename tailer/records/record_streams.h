// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/labels.h"
#include "tailer/records/record.h"

namespace tailer {

/// The value of the label `job` of what is Boundary's.
inline constexpr std::string_view kJob = "boundary";

enum class DecisionIs : std::uint8_t { Label, Metadata };
enum class ToolIs : std::uint8_t { Label, Metadata };

/// The streams that records go to: one for each decision and tool met so far, where these are
/// labels. Not thread-safe.
class RecordStreams {
public:
    /// `common` are the labels of all of them.
    RecordStreams(base::Labels common, DecisionIs decision, ToolIs tool);

    /// Makes the stream if it is new. Either may be empty; both must outlive this object.
    [[nodiscard]] StreamIndex of(std::string_view decision, std::string_view tool);

    [[nodiscard]] DecisionIs decision() const { return decision_; }
    [[nodiscard]] ToolIs tool() const { return tool_; }
    /// Labels by StreamIndex.
    [[nodiscard]] const std::vector<base::Labels>& all() const { return all_; }

private:
    base::Labels common_;
    DecisionIs decision_;
    ToolIs tool_;
    std::vector<base::Labels> all_;
    std::map<std::pair<std::string_view, std::string_view>, StreamIndex> index_;
};

}  // namespace tailer
