// SPDX-License-Identifier: MIT
#include "bridge/suggest/suggest_command.h"

#include <algorithm>
#include <cstdio>

#include "bridge/suggest/boundary_policy.h"
#include "bridge/suggest/denied.h"
#include "bridge/suggest/suggestion.h"
#include "tailer/tailer.h"

namespace bridge {
namespace {

std::string_view metadata_of(const tailer::Record& record, std::string_view name) {
    const auto found = std::ranges::find(record.metadata, name, &base::LabelView::name);
    return found == record.metadata.end() ? std::string_view() : found->value;
}

/// The URL as it stands in a JSON line. It needs no escapes there, and no other value can hold its
/// name with unescaped quotes.
std::string_view http_url_in(std::string_view line) {
    constexpr std::string_view kName = R"("http_url":")";
    const std::size_t at = line.find(kName);
    if (at == std::string_view::npos) {
        return {};
    }
    line.remove_prefix(at + kName.size());
    return line.substr(0, line.find('"'));
}

/// Gathers what was denied, and which rules were used.
class SuggestSink final : public tailer::LineSink {
public:
    SuggestSink(const SuggestOptions& options, suggest::BoundaryPolicy& policy)
        : options_(options), policy_(policy) {}

    void on_record(const tailer::Record& record) override {
        const bool in_span = (!options_.since_ns || record.event_time_ns >= *options_.since_ns) &&
                             (!options_.until_ns || record.event_time_ns < *options_.until_ns);
        if (!in_span) {
            return;
        }
        if (record.kind == tailer::RecordKind::Allow) {
            ++told_.allowed;
            policy_.use(metadata_of(record, "matched_rule"));
        } else if (record.kind == tailer::RecordKind::Deny) {
            on_denied(record);
        }
    }
    void on_unparsed(const tailer::UnparsedLine&) override {}

    [[nodiscard]] suggest::Suggestion conclude() {
        suggest::write_rules(denied_, options_.min_count, told_);
        return std::move(told_);
    }

private:
    void on_denied(const tailer::Record& record) {
        ++told_.denied;
        told_.first_ns =
            std::min(told_.first_ns.value_or(record.event_time_ns), record.event_time_ns);
        told_.last_ns =
            std::max(told_.last_ns.value_or(record.event_time_ns), record.event_time_ns);
        const std::string_view method = metadata_of(record, "http_method");
        const std::string_view url = http_url_in(record.line);
        if (!options_.boundary_config.empty()) {
            const auto target = suggest::target_of(url);
            if (target && policy_.allows(method, *target)) {
                ++told_.allowed_already;
                return;
            }
        }
        denied_.add(method, url, metadata_of(record, "tool_call_id"),
                    metadata_of(record, "tool_name"));
    }

    const SuggestOptions& options_;
    suggest::BoundaryPolicy& policy_;
    suggest::Denied denied_;
    suggest::Suggestion told_;
};

}  // namespace

ExitCode suggest_command(const Settings& settings, const SuggestOptions& options) {
    const Log log(settings.log_level, settings.log_format);
    suggest::BoundaryPolicy policy;
    if (!options.boundary_config.empty()) {
        auto read = suggest::BoundaryPolicy::read(options.boundary_config);
        if (!read) {
            log.error("cannot use Boundary's configuration", {{"cause", read.error().message}});
            return ExitCode::Usage;
        }
        policy = std::move(*read);
    }
    tailer::EnrichSettings enrich = settings.enrich;
    enrich.line_format = tailer::LineFormat::Json;
    enrich.url_query = tailer::QueryPolicy::Redact;  // what is printed will be pasted
    auto tailer = tailer::Tailer::once(options.paths, {}, enrich, settings.journal_dir);
    if (!tailer) {
        log.error("cannot start", {{"cause", tailer.error().message}});
        return ExitCode::Usage;
    }
    SuggestSink sink(options, policy);
    bool complete = true;
    const auto report = [&] {
        for (const auto& trouble : tailer->take_errors()) {
            log.error("cannot read a log file", {{"cause", trouble}});
            complete = false;
        }
    };
    tailer->look(false);
    while (tailer->has_more()) {
        static_cast<void>(tailer->read(1U << 20U, sink));
        report();
    }
    report();
    suggest::Suggestion told = sink.conclude();
    told.config = options.boundary_config;
    if (told.allowed > 0) {
        told.unused = policy.unused();
    }
    const std::string text =
        options.json ? suggest::suggestion_json(told) + "\n" : suggest::suggestion_yaml(told);
    const bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return complete && written ? ExitCode::Done : ExitCode::Incomplete;
}

}  // namespace bridge
