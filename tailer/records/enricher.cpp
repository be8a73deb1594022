// SPDX-License-Identifier: MIT
#include "tailer/records/enricher.h"

#include <algorithm>
#include <utility>

#include "base/nanoseconds.h"
#include "base/utf8.h"
#include "tailer/records/plain_shape.h"

namespace tailer {
namespace {

constexpr std::string_view kRequestMessage = "boundary_request";
constexpr std::string_view kNoticePrefix = "boundary: ";

/// Values of the label `decision`.
constexpr std::string_view kAllow = "allow";
constexpr std::string_view kDeny = "deny";
constexpr std::string_view kNotice;

/// Of each text but the URL in a line that would be too long.
constexpr std::size_t kShortenedBytes = 1024;
/// What may still come behind the fields: the mark of a cut, the end.
constexpr std::size_t kLineEnd = 32;

/// Keys of our own line. A notice's key of the same name gets a prefix, so that no notice can pass
/// for a decision or for another workspace's.
constexpr std::array<std::string_view, 26> kReservedFields = {"level",
                                                              "msg",
                                                              "decision",
                                                              "owner",
                                                              "workspace_name",
                                                              "agent_name",
                                                              "workspace_id",
                                                              "template_id",
                                                              "template_version_id",
                                                              "http_method",
                                                              "http_url",
                                                              "event_time",
                                                              "matched_rule",
                                                              "domain",
                                                              "session",
                                                              "seq",
                                                              "tool",
                                                              "tool_call_id",
                                                              "chat_id",
                                                              "tool_match",
                                                              "tool_name",
                                                              "confined_process",
                                                              "boundary_session_id",
                                                              "late",
                                                              "suspect",
                                                              "url_truncated"};

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Whether `name` is one of our keys, or would be once logfmt has put `_` for what a key may not
/// hold.
bool is_reserved(std::string_view name) {
    const auto same = [](char ours, char theirs) {
        const bool word = (theirs >= '0' && theirs <= '9') || (theirs >= 'a' && theirs <= 'z');
        return ours == theirs || (ours == '_' && !word);
    };
    return std::ranges::any_of(kReservedFields, [&](std::string_view reserved) {
        return std::ranges::equal(reserved, name, same);
    });
}

/// slog's levels: INFO, DEBUG-2.
bool is_level(std::string_view level) {
    constexpr std::size_t kLongest = 10;
    return level.size() <= kLongest && std::ranges::all_of(level, [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
           });
}

/// At most `limit` bytes of a URL that is escaped where it has to be.
std::string_view url_prefix(std::string_view url, std::size_t limit) {
    constexpr std::size_t kEscape = 3;
    url = base::utf8_prefix(url, limit);
    const std::size_t escape = url.rfind('%');
    return escape != std::string_view::npos && url.size() - escape < kEscape ? url.substr(0, escape)
                                                                             : url;
}

/// Identity as it stands in the line.
base::Labels fields_of(const WorkspaceIdentity& who) {
    return {{"owner", who.owner},
            {"workspace_name", who.workspace_name},
            {"agent_name", who.agent_name},
            {"workspace_id", who.workspace_id},
            {"template_id", who.template_id},
            {"template_version_id", who.template_version_id}};
}

}  // namespace

std::int64_t timestamp_of(std::int64_t time_ns, std::uint64_t seq) {
    constexpr auto kRange = static_cast<std::uint64_t>(base::kNanosPerMillisecond);
    return base::add_saturated(time_ns, static_cast<std::int64_t>(seq % kRange));
}

Enricher::Constant Enricher::constant_of(const EnrichSettings& settings) {
    const WorkspaceIdentity& who = settings.identity;
    Constant constant{settings.extra_labels, {}};
    for (const base::LabelView& candidate :
         {base::LabelView{"job", kJob}, base::LabelView{"owner", who.owner},
          base::LabelView{"workspace_name", who.workspace_name},
          base::LabelView{"agent_name", who.agent_name},
          base::LabelView{"template_name", who.template_name},
          base::LabelView{"namespace", who.kubernetes_namespace}}) {
        if (!candidate.value.empty()) {
            const bool is_label = holds(settings.stream_labels, candidate.name);
            (is_label ? constant.labels : constant.metadata)
                .emplace_back(candidate.name, candidate.value);
        }
    }
    for (const auto& [name, value] : fields_of(who)) {
        const bool by_id = name == "workspace_id" || name.starts_with("template_");
        if (by_id && !value.empty()) {
            constant.metadata.emplace_back(name, value);
        }
    }
    return constant;
}

Enricher::Enricher(const EnrichSettings& settings) : Enricher(settings, constant_of(settings)) {}

Enricher::Enricher(const EnrichSettings& settings, Constant constant)
    : builder_(settings.line_format),
      values_(settings.url_query, settings.notices),
      notices_(settings.notices),
      tools_(settings.tools),
      streams_(std::move(constant.labels),
               holds(settings.stream_labels, "decision") ? DecisionIs::Label : DecisionIs::Metadata,
               holds(settings.stream_labels, "tool") ? ToolIs::Label : ToolIs::Metadata),
      plain_streams_{streams_.of(kAllow, ""), streams_.of(kDeny, ""), streams_.of(kNotice, "")},
      identity_fields_(fields_of(settings.identity)),
      metadata_(std::move(constant.metadata)) {
    for (const Verdict verdict : {Verdict::Allow, Verdict::Deny}) {
        begin_line(verdict, 0);
        identity();
        (verdict == Verdict::Allow ? allow_head_ : deny_head_) = builder_.head();
    }
}

void Enricher::begin_line(Verdict verdict, std::int64_t timestamp_ns) {
    const bool allow = verdict == Verdict::Allow;
    builder_.begin(timestamp_ns, allow ? "INFO" : "WARN", kRequestMessage);
    builder_.our_field("decision", allow ? kAllow : kDeny);
}

void Enricher::identity() {
    for (const auto& [name, value] : identity_fields_) {
        builder_.field(name, value);
    }
}

void Enricher::claims(const Decision& decision) {
    // Where the operator has said who this workspace is, a line cannot say otherwise.
    for (const auto& [name, value] : identity_fields_) {
        const auto claim = std::ranges::find(decision.claims, name, &base::LabelView::name);
        if (claim != decision.claims.end() && value.empty()) {
            const std::string_view readable = shortened(values_.text(claim->value));
            builder_.field(claim->name, readable);
            // A copy, for the next claim is made readable in the same place.
            metadata_.add_copy(claim->name, readable);
        } else {
            builder_.field(name, value);
        }
    }
}

void Enricher::tool_call_fields(const ToolCallMatch& call, std::string_view tool) {
    builder_.our_field("tool", tool);
    builder_.our_field("tool_call_id", call.id);
    builder_.our_field("chat_id", call.chat_id);
    builder_.our_field("tool_match", name_of(call.match));
    builder_.our_field("tool_name", call.tool);
    builder_.our_field("confined_process", call.process);
}

void Enricher::tool_call_metadata(const ToolCallMatch& call, std::string_view tool) {
    if (streams_.tool() == ToolIs::Metadata) {
        metadata_.add("tool", tool);
    }
    metadata_.add("tool_name", call.tool);
    metadata_.add("tool_call_id", call.id);
    metadata_.add("tool_match", name_of(call.match));
    metadata_.add("chat_id", call.chat_id);
    metadata_.add("confined_process", call.process);
}

Record Enricher::enrich(const Decision& decision, std::string_view session, std::uint64_t seq,
                        const ToolCallMatch* call, std::string_view boundary_session) {
    const std::int64_t timestamp_ns = timestamp_of(decision.time_ns, seq);
    const bool allow = decision.verdict == Verdict::Allow;
    const std::string_view verdict = allow ? kAllow : kDeny;
    const std::string_view tool = call != nullptr ? tool_label(call->tool, tools_) : "";
    folded_tools_ += tool == kOtherTool ? 1 : 0;
    const NormalizedUrl url = values_.url(decision.url, decision.host);
    const std::string_view method = ValueRedactor::method(decision.method);
    const std::string_view rule = values_.rule(decision.rule);

    Texts texts{method, url.http_url, rule, url.domain, decision.url_truncated};
    build(decision, texts, session, seq, call, tool, boundary_session);
    if (builder_.size() > kLongestLine - kLineEnd) {
        shortens_ = true;
        build(decision, texts, session, seq, call, tool, boundary_session);
        if (const std::size_t size = builder_.size(); size > kLongestLine - kLineEnd) {
            const std::size_t excess = std::min(size - (kLongestLine - kLineEnd), texts.url.size());
            texts.url = url_prefix(texts.url, texts.url.size() - excess);
            texts.url_truncated = true;
            build(decision, texts, session, seq, call, tool, boundary_session);
        }
        shortens_ = false;
    }

    if (streams_.decision() == DecisionIs::Metadata) {
        metadata_.add_valid("decision", verdict);
    }
    metadata_.add_valid("domain", url.domain);
    metadata_.add("http_method", method);
    metadata_.add("matched_rule", rule);
    metadata_.add_valid("session", session);
    metadata_.add_number("seq", seq);
    if (call != nullptr) {
        tool_call_metadata(*call, tool);
    }
    metadata_.add_valid("boundary_session_id", boundary_session);
    metadata_.add_valid("suspect", decision.suspect);
    metadata_.add_valid("url_truncated", texts.url_truncated ? "true" : "");

    Record record;
    record.suspect = decision.suspect;
    record.kind = allow ? RecordKind::Allow : RecordKind::Deny;
    record.event_time_ns = decision.time_ns;
    record.timestamp_ns = timestamp_ns;
    record.stream = tool.empty() ? plain_streams_[static_cast<std::size_t>(record.kind)]
                                 : streams_.of(verdict, tool);
    record.line = builder_.finish();
    record.metadata = metadata_.all();
    return record;
}

/// All that finish() does not add.
void Enricher::build(const Decision& decision, const Texts& texts, std::string_view session,
                     std::uint64_t seq, const ToolCallMatch* call, std::string_view tool,
                     std::string_view boundary_session) {
    const std::int64_t timestamp_ns = timestamp_of(decision.time_ns, seq);
    metadata_.begin();  // a claim stands there, too
    if (decision.claims.empty()) {
        const bool allow = decision.verdict == Verdict::Allow;
        builder_.begin(timestamp_ns, allow ? allow_head_ : deny_head_);
    } else {
        begin_line(decision.verdict, timestamp_ns);
        claims(decision);
    }
    builder_.our_field("http_method", shortened(texts.method));
    builder_.plain_field("http_url", texts.url);
    builder_.plain_field("event_time", event_times_.text(decision.time_ns));
    builder_.our_field("matched_rule", shortened(texts.rule));
    builder_.plain_field("domain", shortened(texts.domain));
    builder_.our_field("session", session);
    builder_.number_field("seq", seq);
    if (call != nullptr) {
        tool_call_fields(*call, tool);
    }
    builder_.our_field("boundary_session_id", boundary_session);
    builder_.our_field("suspect", decision.suspect);
    if (texts.url_truncated) {
        builder_.true_field("url_truncated");
    }
}

std::string_view Enricher::shortened(std::string_view text) const {
    return shortens_ ? base::utf8_prefix(text, kShortenedBytes) : text;
}

void Enricher::notice_fields(const Notice& notice, NoticeKind kind) {
    const bool all = notices_ == NoticePolicy::All;
    for (const auto& [name, value] : notice.fields) {
        if (!all && (kind != NoticeKind::Trail || !keeps_value(notice, name))) {
            continue;
        }
        key_.assign(is_reserved(name) ? "boundary_" : "").append(name);
        const bool readable = is_readable_name(name);
        if (!readable) {
            key_.assign(kRedacted);
        }
        const std::string_view kept = readable        ? values_.value(name, value)
                                      : value.empty() ? std::string_view()
                                                      : kRedacted;
        builder_.field(shortened(key_), shortened(kept));
        if (shortens_ && builder_.size() > kLongestLine / 2) {
            return;
        }
    }
}

Record Enricher::finish_notice(const Notice& notice, std::string_view session,
                               std::optional<std::uint64_t> seq) {
    builder_.our_field("session", session);
    if (seq) {
        builder_.number_field("seq", *seq);
    }
    builder_.our_field("suspect", notice.suspect);
    metadata_.begin();
    metadata_.add_valid("session", session);
    if (seq) {
        metadata_.add_number("seq", *seq);
    }
    metadata_.add_valid("suspect", notice.suspect);

    Record record;
    record.event_time_ns = notice.time_ns;
    record.level = notice.level;
    record.suspect = notice.suspect;
    record.timestamp_ns = timestamp_of(notice.time_ns, seq.value_or(0));
    record.stream = plain_streams_[static_cast<std::size_t>(RecordKind::Notice)];
    record.line = builder_.finish();
    record.metadata = metadata_.all();
    return record;
}

Record Enricher::enrich(const Notice& logged, std::string_view session, std::uint64_t seq) {
    const std::int64_t timestamp_ns = timestamp_of(logged.time_ns, seq);
    const NoticeKind kind = kind_of(logged);
    Notice notice = logged;
    if (!is_level(notice.level)) {
        notice.level = kRedacted;
    }
    message_.assign(kNoticePrefix);
    if (kind == NoticeKind::Unknown || find_known_notice(notice.message) == nullptr) {
        message_ += values_.text(notice.message);
    } else {
        message_ += notice.message;
    }
    const bool lifecycle = kind == NoticeKind::Lifecycle;
    Record record;
    if (notices_ == NoticePolicy::All || (notices_ == NoticePolicy::Trail && !lifecycle)) {
        const auto build_notice = [&] {
            builder_.begin(timestamp_ns, notice.level, shortened(message_));
            identity();
            notice_fields(notice, kind);
        };
        build_notice();
        if (builder_.size() > kLongestLine - kShortenedBytes) {
            shortens_ = true;
            build_notice();
            shortens_ = false;
        }
        record = finish_notice(notice, session, seq);
    } else {
        record.shipped = false;
        record.event_time_ns = notice.time_ns;
        record.timestamp_ns = timestamp_ns;
        record.level = notice.level;
        record.suspect = notice.suspect;
    }
    record.kind = lifecycle ? RecordKind::Lifecycle : RecordKind::Notice;
    record.notice = std::string_view(message_).substr(kNoticePrefix.size());
    return record;
}

Record Enricher::enrich_own(const Notice& notice, std::string_view session) {
    message_.assign(kNoticePrefix).append(notice.message);
    builder_.begin(notice.time_ns, notice.level, message_);
    identity();
    for (const auto& [name, value] : notice.fields) {
        builder_.field(name, value);
    }
    Record record = finish_notice(notice, session, std::nullopt);
    record.notice = notice.message;
    return record;
}

}  // namespace tailer
