// SPDX-License-Identifier: MIT
#include "tailer/records/record_streams.h"

#include <algorithm>
#include <string>

namespace tailer {

RecordStreams::RecordStreams(base::Labels common, DecisionIs decision, ToolIs tool)
    : common_(std::move(common)), decision_(decision), tool_(tool) {}

StreamIndex RecordStreams::of(std::string_view decision, std::string_view tool) {
    const std::pair key{decision_ == DecisionIs::Label ? decision : "",
                        tool_ == ToolIs::Label ? tool : ""};
    const auto [at, is_new] = index_.try_emplace(key, static_cast<StreamIndex>(all_.size()));
    if (is_new) {
        base::Labels labels = common_;
        for (const auto& [name, value] :
             {base::LabelView{"decision", key.first}, base::LabelView{"tool", key.second}}) {
            if (!value.empty()) {
                labels.emplace_back(name, value);
            }
        }
        if (labels.empty()) {
            labels.emplace_back("job", kJob);  // Loki takes no stream without a label
        }
        std::ranges::sort(labels);
        all_.push_back(std::move(labels));
    }
    return at->second;
}

}  // namespace tailer
