// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/base/labels.h"
#include "tailer/decision.h"
#include "tailer/line_builder.h"
#include "tailer/record.h"
#include "tailer/url_normalizer.h"

namespace tailer {

/// Who this workspace is; fixed at start, empty = unknown. All of it is the operator's own input.
struct WorkspaceIdentity {
    std::string owner;
    std::string workspace_name;
    std::string agent_name;
    std::string template_name;
    std::string kubernetes_namespace;
    std::string workspace_id;
    std::string template_id;
    std::string template_version_id;
};

/// The stream labels of the contract; `late` is the exporter's and always a label.
inline constexpr std::array<std::string_view, 8> kStreamLabelNames = {
    "job",        "decision",      "owner",     "workspace_name",
    "agent_name", "template_name", "namespace", "tool"};

struct EnrichSettings {
    WorkspaceIdentity identity;
    base::Labels extra_labels;  ///< from --label
    /// Which of kStreamLabelNames are stream labels; the others become structured metadata.
    std::vector<std::string> stream_labels{kStreamLabelNames.begin(), kStreamLabelNames.end()};
    LineFormat line_format = LineFormat::Json;
    QueryPolicy url_query = QueryPolicy::Redact;
};

/// Turns parsed lines into records: stream, structured metadata, the line to store. Nothing from a
/// log line can name a label or fill a stream label. Not thread-safe; allocates only to grow.
class Enricher {
public:
    explicit Enricher(const EnrichSettings& settings);

    /// The labels of every stream, by StreamIndex.
    [[nodiscard]] const std::vector<base::Labels>& streams() const { return streams_; }

    /// `session` is the log file's stem, valid UTF-8. The result borrows from this object and from
    /// `session` until the next call.
    [[nodiscard]] Record enrich(const Decision& decision, std::string_view session,
                                std::int64_t timestamp_ns);
    [[nodiscard]] Record enrich(const Notice& notice, std::string_view session,
                                std::int64_t timestamp_ns);

private:
    void metadata(std::string_view name, std::string_view value);
    void constant_metadata();
    void claims(const Decision& decision);

    LineBuilder builder_;
    UrlNormalizer urls_;
    std::vector<base::Labels> streams_;
    base::Labels constant_metadata_;  ///< identity that is no stream label, same for every record
    base::Labels identity_fields_;    ///< identity as it stands in the line
    std::string identity_text_;       ///< the same, formatted
    bool decision_is_label_ = true;
    std::vector<base::LabelView> metadata_;
    std::string sanitized_;  ///< backs metadata values that had to be changed
    std::string message_;
    std::string key_;
    std::string event_time_;
};

}  // namespace tailer
