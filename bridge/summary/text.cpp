// SPDX-License-Identifier: MIT
#include "bridge/summary/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "base/nanoseconds.h"
#include "bridge/summary/panels.h"

namespace bridge {
namespace {

constexpr std::size_t kGap = 4;
/// From here on two rankings stand side by side.
constexpr std::size_t kTwoPanels = 120;

std::string ratio_text(std::uint64_t share, std::uint64_t whole) {
    if (whole == 0) {
        return "-";
    }
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.1f%%",
                  100.0 * static_cast<double>(share) / static_cast<double>(whole));
    return text.data();
}

std::string plural(std::uint64_t count, std::string_view noun) {
    return grouped(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

/// GET 44, POST 6, 2 others 3
std::string methods_text(const SummaryData& data) {
    constexpr std::size_t kShown = 6;
    std::map<std::string, std::uint64_t> sums;
    for (const auto* counts : {&data.allow.methods, &data.deny.methods}) {
        for (const auto& [method, count] : counts->sorted()) {
            sums[method] += count;
        }
    }
    std::vector<std::pair<std::string, std::uint64_t>> methods(sums.begin(), sums.end());
    std::ranges::stable_sort(methods, std::ranges::greater{},
                             &decltype(methods)::value_type::second);
    std::string text;
    std::uint64_t rest = data.decisions();
    for (const auto& [method, count] : methods) {
        if (&method - &methods.front().first >= static_cast<std::ptrdiff_t>(kShown)) {
            break;
        }
        text += (text.empty() ? "" : ", ");
        text += method.empty() ? "(none)" : shortened(printable(method), 16, Cut::End);
        text += ' ' + grouped(count);
        rest -= count;
    }
    return rest == 0 ? text : text + ", others " + grouped(rest);
}

std::vector<std::string> hints(const SummaryData& data) {
    std::vector<std::string> texts;
    const bool all_read = data.unreadable == 0;
    if (data.files == 0 && all_read) {
        texts.emplace_back("no log file here: Boundary names them boundary-<time>-<pid>.log");
    } else if (data.decisions() == 0 && all_read) {
        texts.emplace_back(
            "no decision seen: nothing was denied, and Boundary logs ALLOW only at log_level info");
    } else if (data.decisions() > 0 && data.allow.total == 0) {
        texts.emplace_back("no ALLOW seen: Boundary logs ALLOW only at log_level info");
    }
    if (data.unreadable > 0) {
        texts.push_back(plural(data.unreadable, "path") +
                        " could not be read to the end: the numbers leave the rest out");
    }
    if (data.unparsed > 0) {
        std::string text = plural(data.unparsed, "line") + " not understood:";
        for (const auto& [reason, count] : data.unparsed_reasons) {
            text += ' ' + printable(reason) + ' ' + grouped(count) + ',';
        }
        text.pop_back();
        texts.push_back(std::move(text));
    }
    return texts;
}

class Page {
public:
    Page(const SummaryData& data, const TextStyle& style) : data_(data), style_(style) {}

    std::string write() {
        head();
        tiles();
        accounts();
        if (data_.decisions() > 0) {
            panel(timeline_panel(data_.timeline, style_));
            domains();
        }
        if (!data_.denied_tool_calls.empty()) {
            panel(ranking_panel({"Denies by tool call", "tool calls", "", data_.denied_tool_calls,
                                 data_.deny.total, Paint::Red, &data_.tool_names},
                                style_));
        }
        if (!data_.rules.empty()) {
            panel(ranking_panel({"Allowed by rule", "rules", "(no rule)", data_.rules,
                                 data_.allow.total, Paint::Green},
                                style_));
        }
        notices();
        show_hints();
        return std::move(text_);
    }

private:
    void add(const TextLine& line) { text_.append(line.text()).append("\n"); }

    void panel(const TextLines& lines) {
        text_ += '\n';
        for (const auto& line : lines) {
            add(line);
        }
    }

    void head() {
        TextLine title(style_.colour);
        title.put("Boundary decisions", Paint::Bold);
        TextLines below;
        if (data_.first_ns && data_.last_ns) {
            const std::string span = utc_text(base::whole_seconds(*data_.first_ns)) + " to " +
                                     utc_text(base::whole_seconds(*data_.last_ns)) + " UTC";
            if (title.width() + kGap + span.size() <= style_.width) {
                title.pad_to(title.width() + kGap).put(span, Paint::Dim);
            } else {
                below = wrapped(span, style_.width, kIndent, style_, Paint::Dim);
            }
        }
        add(title);
        for (const auto& line : below) {
            add(line);
        }
        text_ += '\n';
    }

    void tiles() {
        struct Tile {
            std::string_view name;
            std::string value;
            Paint paint;
        };
        const std::array<Tile, 5> tiles = {{
            {"allowed", grouped(data_.allow.total), Paint::Green},
            {"denied", grouped(data_.deny.total), Paint::Red},
            {"deny ratio", ratio_text(data_.deny.total, data_.decisions()), Paint::Bold},
            {"sessions", grouped(data_.sessions), Paint::Bold},
            {"files", grouped(data_.files), Paint::Bold},
        }};
        std::size_t tile_width = 10;
        for (const auto& tile : tiles) {
            tile_width = std::max(tile_width, tile.value.size());
        }
        const bool roomy = kIndent + tiles.size() * (tile_width + kGap) <= style_.width + kGap;
        tile_width += roomy ? kGap : 2;
        const std::size_t in_row =
            std::max<std::size_t>((style_.width - kIndent + 2) / tile_width, 1);
        for (std::size_t begin = 0; begin < tiles.size(); begin += in_row) {
            TextLine values(style_.colour);
            TextLine names(style_.colour);
            for (std::size_t i = begin; i < std::min(begin + in_row, tiles.size()); ++i) {
                const std::size_t at = kIndent + (i - begin) * tile_width;
                values.pad_to(at).put(tiles.at(i).value, tiles.at(i).paint);
                names.pad_to(at).put(tiles.at(i).name, Paint::Dim);
            }
            add(values);
            add(names);
        }
    }

    void accounts() {
        text_ += '\n';
        const std::uint64_t lines =
            data_.decisions() + data_.notices + data_.lifecycle + data_.unparsed;
        sentence(plural(lines, "line") + " read = " + plural(data_.decisions(), "decision") +
                 " + " + plural(data_.notices, "notice") + " + " + grouped(data_.lifecycle) +
                 " life cycle + " + grouped(data_.unparsed) + " unparsed");
        if (data_.decisions() > 0) {
            sentence("methods: " + methods_text(data_));
        }
    }

    void sentence(const std::string& text) {
        for (const auto& line : wrapped(text, style_.width, kIndent, style_, Paint::Plain)) {
            add(line);
        }
    }

    void domains() {
        const bool two = style_.width >= kTwoPanels;
        TextStyle half = style_;
        half.width = two ? (style_.width - kGap) / 2 : style_.width;
        const auto denied = ranking_panel({"Top denied domains", "domains", "(no host)",
                                           data_.deny.domains, data_.deny.total, Paint::Red},
                                          half);
        const auto allowed = ranking_panel({"Top allowed domains", "domains", "(no host)",
                                            data_.allow.domains, data_.allow.total, Paint::Green},
                                           half);
        if (!two) {
            panel(denied);
            panel(allowed);
            return;
        }
        text_ += '\n';
        for (std::size_t i = 0; i < std::max(denied.size(), allowed.size()); ++i) {
            TextLine line(style_.colour);
            if (i < denied.size()) {
                line.append(denied[i]);
            }
            line.pad_to(half.width + kGap);
            if (i < allowed.size()) {
                line.append(allowed[i]);
            }
            add(line);
        }
    }

    void notices() {
        constexpr std::size_t kShown = 8;
        TextLines lines;
        for (const NoticeLevel level : {NoticeLevel::Error, NoticeLevel::Warn}) {
            const auto messages = data_.messages(level).sorted();
            std::uint64_t rest = data_.messages(level).other();
            for (std::size_t i = 0; i < messages.size(); ++i) {
                if (i >= kShown) {
                    rest += messages[i].count;
                    continue;
                }
                notice(lines, level, messages[i].count, printable(messages[i].key));
            }
            if (rest > 0) {
                notice(lines, level, rest, "(other messages)");
            }
        }
        if (!lines.empty()) {
            TextLine title(style_.colour);
            title.put("Errors and warnings of Boundary itself", Paint::Bold);
            lines.insert(lines.begin(), title);
            panel(lines);
        }
    }

    void notice(TextLines& lines, NoticeLevel level, std::uint64_t count,
                const std::string& message) const {
        constexpr std::size_t kCountEnd = 14;
        const std::string number = grouped(count);
        TextLine& line = lines.emplace_back(style_.colour);
        line.pad_to(kIndent);
        line.put(name_of(level), level == NoticeLevel::Error ? Paint::Red : Paint::Yellow);
        line.pad_to(std::max(kCountEnd, number.size() + 8) - number.size());
        line.put(number, Paint::Bold).put("  ");
        line.put(shortened(message, style_.width - line.width(), Cut::End));
    }

    void show_hints() {
        for (const auto& hint : hints(data_)) {
            text_ += '\n';
            auto lines = wrapped(hint, style_.width, kIndent + 2, style_, Paint::Plain);
            TextLine first(style_.colour);
            first.pad_to(kIndent).put("! ", Paint::Yellow);
            first.put(lines.front().text().substr(kIndent + 2));
            lines.front() = first;
            for (const auto& line : lines) {
                add(line);
            }
        }
    }

    const SummaryData& data_;
    const TextStyle& style_;
    std::string text_;
};

}  // namespace

std::string summary_text(const SummaryData& data, const TextStyle& style) {
    return Page(data, style).write();
}

}  // namespace bridge
