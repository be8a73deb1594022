// SPDX-License-Identifier: MIT
#include "bridge/doctor/report.h"

#include <algorithm>

#include "base/utf8.h"
#include "bridge/doctor/checks.h"

namespace bridge::doctor {
namespace {

constexpr std::size_t kTextColumn = 32;
constexpr std::size_t kNarrowest = 60;

std::string_view word_of(State state) {
    switch (state) {
        case State::Ok:
            return "ok";
        case State::Warn:
            return "warn";
        case State::Fail:
            break;
    }
    return "FAIL";
}

Paint paint_of(State state) {
    switch (state) {
        case State::Ok:
            return Paint::Green;
        case State::Warn:
            return Paint::Yellow;
        case State::Fail:
            break;
    }
    return Paint::Red;
}

/// Text broken between words, each line behind the first at column `indent`.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
    const std::string safe = printable(text);
    std::string out;
    std::size_t column = indent;
    for (std::size_t at = 0; at < safe.size();) {
        const std::size_t end = std::min(safe.find(' ', at), safe.size());
        const std::size_t length = end - at;
        if (column > indent && column + 1 + length > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out.append(safe, at, length);
        column += length;
        at = end + 1;
    }
    return out;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out += out.back() == '{' ? "" : ",";
    base::append_json_string(out, name);
    out += ':';
    base::append_json_string(out, value);
}

void append_finding(std::string& out, const Finding& finding) {
    out += '{';
    append_member(out, "hop", finding.hop);
    append_member(out, "check", finding.check);
    append_member(out, "state", word_of(finding.state));
    append_member(out, "seen", finding.seen);
    append_member(out, "remedy", finding.remedy);
    out += '}';
}

}  // namespace

bool all_well(const Findings& findings) {
    return std::ranges::none_of(
        findings, [](const Finding& finding) { return finding.state == State::Fail; });
}

std::string report_text(const Findings& findings, const TextStyle& style) {
    const std::size_t width = std::max(style.width, kNarrowest);
    std::string out;
    const Finding* first = first_cause(findings);
    if (first == nullptr) {
        out += TextLine(style.colour).put("ok", Paint::Green).text() +
               "    the dashboard shows this workspace's decisions\n";
    } else {
        const std::string head = first->state == State::Fail
                                     ? "the dashboard reads zero: "
                                     : "the dashboard does not read zero, but: ";
        out += TextLine(style.colour).put(word_of(first->state), paint_of(first->state)).text() +
               "  " + wrapped(head + first->seen, 6, width) + "\n  do  " +
               wrapped(first->remedy, 6, width) + '\n';
    }
    std::string hop;
    for (const auto& finding : findings) {
        if (finding.hop != hop) {
            hop = finding.hop;
            out += '\n' + TextLine(style.colour).put(hop, Paint::Bold).text() + '\n';
        }
        TextLine line(style.colour);
        line.put("  ").put(word_of(finding.state), paint_of(finding.state));
        line.pad_to(8).put(finding.check).pad_to(kTextColumn);
        out +=
            line.text() +
            std::string(
                finding.check.size() + 8 < kTextColumn ? kTextColumn - finding.check.size() - 8 : 1,
                ' ') +
            wrapped(finding.seen, kTextColumn, width) + '\n';
        if (!finding.remedy.empty()) {
            out += std::string(kTextColumn - 4, ' ') + "do  " +
                   wrapped(finding.remedy, kTextColumn, width) + '\n';
        }
    }
    return out;
}

std::string report_json(const Findings& findings) {
    std::string out = R"({"ok":)";
    out += all_well(findings) ? "true" : "false";
    out += R"(,"first":)";
    if (const Finding* first = first_cause(findings)) {
        append_finding(out, *first);
    } else {
        out += "null";
    }
    out += R"(,"findings":[)";
    for (const auto& finding : findings) {
        out += out.back() == '[' ? "" : ",";
        append_finding(out, finding);
    }
    return out + "]}\n";
}

}  // namespace bridge::doctor
