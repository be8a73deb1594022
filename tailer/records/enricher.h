// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/labels.h"
#include "base/rfc3339.h"
#include "tailer/lines/decision.h"
#include "tailer/records/line_builder.h"
#include "tailer/records/notice_policy.h"
#include "tailer/records/record.h"
#include "tailer/records/record_metadata.h"
#include "tailer/records/record_streams.h"
#include "tailer/records/value_redactor.h"
#include "tailer/toolcalls/tool_label.h"
#include "tailer/toolcalls/toolcall_journal.h"

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
    NoticePolicy notices = NoticePolicy::Trail;
    /// Tools that have a value of the label `tool` of their own.
    std::vector<std::string> tools = default_tool_names();
};

/// Metadata that a tool call gives to a record: what may resolve otherwise when a line is read
/// again.
inline constexpr std::array<std::string_view, 6> kToolCallMetadata = {
    "tool", "tool_name", "tool_call_id", "tool_match", "chat_id", "confined_process"};

/// What is pushed as the timestamp of an event with this number in its file: the event's own time,
/// and nanoseconds that show the order within a millisecond.
[[nodiscard]] std::int64_t timestamp_of(std::int64_t time_ns, std::uint64_t seq);

/// Turns parsed lines into records: stream, structured metadata, the line to store. Nothing from a
/// log line can name a label or fill a stream label. Not thread-safe; allocates only to grow.
class Enricher {
public:
    /// Loki's default max_line_size. What our own fields and escaping make longer is cut, the URL
    /// first, and says so by `url_truncated`.
    static constexpr std::size_t kLongestLine = 256U << 10U;

    explicit Enricher(const EnrichSettings& settings);
    Enricher(const Enricher&) = delete;  // views into itself, which a move keeps
    Enricher& operator=(const Enricher&) = delete;
    Enricher(Enricher&&) = default;
    Enricher& operator=(Enricher&&) = default;
    ~Enricher() = default;

    /// The labels of every stream so far, by StreamIndex: enrich() adds one when it meets a tool
    /// for the first time.
    [[nodiscard]] const std::vector<base::Labels>& streams() const { return streams_.all(); }

    /// `session` is the log file's stem, valid UTF-8; `seq` is how many decisions stand before this
    /// one in that file; `call` is the tool call that caused the request, if any is known, and
    /// `boundary_session` Boundary's own id of its run, where it told one. The result borrows from
    /// this object and from the arguments until the next call.
    [[nodiscard]] Record enrich(const Decision& decision, std::string_view session,
                                std::uint64_t seq, const ToolCallMatch* call = nullptr,
                                std::string_view boundary_session = {});
    /// The same for a notice, whose `seq` counts lines of any kind.
    [[nodiscard]] Record enrich(const Notice& logged, std::string_view session, std::uint64_t seq);
    /// A notice of our own: it is shipped whatever the policy, all of it stays, and as it stands in
    /// no file it has no number.
    [[nodiscard]] Record enrich_own(const Notice& notice, std::string_view session);

    /// Free text of Boundary's as it may be kept: see TextRedactor. Borrows from this object until
    /// the next call.
    [[nodiscard]] std::string_view scrubbed(std::string_view text) { return values_.text(text); }

    /// Requests of tools that have no value of the label `tool` of their own.
    [[nodiscard]] std::uint64_t folded_tools() const { return folded_tools_; }

private:
    /// What every record has: labels of its stream, and metadata.
    struct Constant {
        base::Labels labels;
        base::Labels metadata;
    };
    Enricher(const EnrichSettings& settings, Constant constant);
    [[nodiscard]] static Constant constant_of(const EnrichSettings& settings);
    void begin_line(Verdict verdict, std::int64_t timestamp_ns);
    /// What a decision's line says that may be long.
    struct Texts {
        std::string_view method;
        std::string_view url;
        std::string_view rule;
        std::string_view domain;
        bool url_truncated = false;
    };
    void build(const Decision& decision, const Texts& texts, std::string_view session,
               std::uint64_t seq, const ToolCallMatch* call, std::string_view tool,
               std::string_view boundary_session);
    [[nodiscard]] std::string_view shortened(std::string_view text) const;
    void identity();
    void claims(const Decision& decision);
    void notice_fields(const Notice& notice, NoticeKind kind);
    [[nodiscard]] Record finish_notice(const Notice& notice, std::string_view session,
                                       std::optional<std::uint64_t> seq);
    void tool_call_fields(const ToolCallMatch& call, std::string_view tool);
    void tool_call_metadata(const ToolCallMatch& call, std::string_view tool);

    LineBuilder builder_;
    ValueRedactor values_;
    NoticePolicy notices_;
    std::vector<std::string> tools_;
    RecordStreams streams_;
    /// Those without a tool, by RecordKind.
    std::array<StreamIndex, 3> plain_streams_{};
    base::Labels identity_fields_;  ///< identity as it stands in the line
    /// What every allow and every deny begins with: see LineBuilder::head().
    std::string allow_head_;
    std::string deny_head_;
    RecordMetadata metadata_;
    std::string message_;
    std::string key_;
    base::Rfc3339Writer event_times_;
    std::uint64_t folded_tools_ = 0;
    bool shortens_ = false;  ///< the line that is built would be too long otherwise
};

}  // namespace tailer
