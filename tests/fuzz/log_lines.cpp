// SPDX-License-Identifier: MIT
#include <string>
#include <variant>

#include <simdjson.h>

#include "tailer/lines/line_parser.h"
#include "tailer/records/enricher.h"
#include "tailer/tailer.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/reference_slog.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

/// One line as the reader gives it: no newline, and readable bytes behind it.
struct PaddedLine {
    explicit PaddedLine(std::string_view bytes)
        : text(bytes.substr(0, bytes.find('\n'))), size(text.size()) {
        text.append(tailer::kJsonPadding, '\xFF');
    }
    [[nodiscard]] std::string_view view() const { return std::string_view(text).substr(0, size); }
    std::string text;
    std::size_t size;
};

/// Nothing that a line holds may break what is stored of it.
void check_record(const tailer::Record& record) {
    static simdjson::dom::parser parser;
    check(record.line.find('\n') == std::string_view::npos, "the stored line is one line");
    std::string_view message;
    check(parser.parse(record.line.data(), record.line.size())["msg"].get(message) ==
              simdjson::SUCCESS,
          "the stored line is JSON");
    check((message == "boundary_request") ==
              (record.kind == tailer::RecordKind::Allow || record.kind == tailer::RecordKind::Deny),
          "only a decision says that it is one");
    check(record.stream < 3, "no line makes a stream");
    for (const auto& pair : record.metadata) {
        check(!pair.value.empty() && pair.value.size() <= 3 * 1024, "metadata is bounded");
    }
}

void check_enriched(const tailer::ParsedLine& parsed) {
    static tailer::Enricher enricher{[] {
        tailer::EnrichSettings settings;
        settings.notices = tailer::NoticePolicy::All;  // so that every line makes a record
        return settings;
    }()};
    static tailer::Enricher logfmt{[] {
        tailer::EnrichSettings settings;
        settings.line_format = tailer::LineFormat::Logfmt;
        settings.notices = tailer::NoticePolicy::All;
        return settings;
    }()};
    const auto both = [](const auto& line) {
        check_record(enricher.enrich(line, "session", 7));
        check(logfmt.enrich(line, "session", 7).line.find('\n') == std::string_view::npos,
              "the stored logfmt is one line");
    };
    if (const auto* decision = std::get_if<tailer::Decision>(&parsed)) {
        both(*decision);
    } else if (const auto* notice = std::get_if<tailer::Notice>(&parsed)) {
        both(*notice);
    }
}

std::string verdict_of(const tailer::ParsedLine& parsed) {
    if (const auto* unparsed = std::get_if<tailer::Unparsed>(&parsed)) {
        return std::string(unparsed->reason);
    }
    return std::holds_alternative<tailer::Decision>(parsed) ? "decision" : "notice";
}

}  // namespace

void slog_text(std::string_view bytes) {
    static tailer::SlogTextParser parser;
    const PaddedLine line(bytes);
    const std::string text(line.view());
    const tailer::ParsedLine parsed = parser.parse(line.view());
    check(verdict_of(parsed) == reference_verdict(text), "both parsers see the same kind of line");
    const auto pairs = reference_pairs(text);
    if (const auto* decision = std::get_if<tailer::Decision>(&parsed)) {
        check(decision->method == (*pairs)[3].second && decision->url == (*pairs)[4].second &&
                  decision->host == (*pairs)[5].second,
              "both parsers see the same request");
        const bool rule = pairs->size() > 6 && (*pairs)[6].first == "rule";
        check(decision->rule == (rule ? (*pairs)[6].second : ""), "both parsers see the same rule");
    } else if (const auto* notice = std::get_if<tailer::Notice>(&parsed)) {
        check(notice->level == (*pairs)[1].second && notice->message == (*pairs)[2].second &&
                  notice->fields.size() == pairs->size() - 3,
              "both parsers see the same notice");
        for (std::size_t i = 0; i < notice->fields.size(); ++i) {
            check(notice->fields[i].name == (*pairs)[i + 3].first &&
                      notice->fields[i].value == (*pairs)[i + 3].second,
                  "both parsers see the same pairs");
        }
    }
    check_enriched(parsed);
}

void slog_json(std::string_view bytes) {
    static tailer::SlogJsonParser parser;
    const PaddedLine line(bytes);
    check_enriched(parser.parse(line.view()));
}

}  // namespace fuzz
