// SPDX-License-Identifier: MIT
#include "bridge/summary/panels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"

namespace bridge {
namespace {

constexpr std::size_t kRows = 10;
constexpr std::size_t kWidestBar = 60;
constexpr std::size_t kNarrowestBar = 4;

constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kMarks = {".", ":", "-", "=", "+", "*", "#", "@"};
constexpr std::array<std::string_view, 8> kBarEnds = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

/// `share` of `whole` on a scale of `steps`; something is never nothing.
std::size_t scaled(std::uint64_t share, std::uint64_t whole, std::size_t steps) {
    if (share == 0 || whole == 0) {
        return 0;
    }
    const double part = static_cast<double>(share) / static_cast<double>(whole);
    const auto step = std::lround(part * static_cast<double>(steps));
    return std::clamp<std::size_t>(static_cast<std::size_t>(step), 1, steps);
}

std::string bar(std::uint64_t count, std::uint64_t highest, std::size_t columns, bool unicode) {
    std::string out;
    if (!unicode) {
        return out.append(scaled(count, highest, columns), '#');
    }
    const std::size_t eighths = scaled(count, highest, columns * 8);
    for (std::size_t i = 0; i < eighths / 8; ++i) {
        out += kBlocks.back();
    }
    return out.append(kBarEnds.at(eighths % 8));
}

std::string percent(std::uint64_t share, std::uint64_t whole) {
    const std::uint64_t value = (share * 100 + whole / 2) / std::max<std::uint64_t>(whole, 1);
    return value == 0 && share > 0 ? "<1%" : std::to_string(value) + "%";
}

std::string step_text(std::int64_t seconds) {
    struct Unit {
        std::int64_t seconds;
        std::string_view name;
    };
    constexpr std::array<Unit, 3> kUnits = {{{86'400, " d"}, {3'600, " h"}, {60, " min"}}};
    for (const auto& [unit, name] : kUnits) {
        if (seconds % unit == 0) {
            return std::to_string(seconds / unit).append(name);
        }
    }
    return std::to_string(seconds) + " s";
}

/// Labels under the first column of each stretch and under the last column, where there is room.
TextLine axis(const TimelineColumns& drawn, std::size_t left, const TextStyle& style) {
    const auto& columns = drawn.columns;
    const std::string first = utc_text(columns.front().start_seconds);
    const std::string last = utc_text(columns.back().start_seconds);
    const bool one_day = first.substr(0, 10) == last.substr(0, 10);
    const bool one_year = first.substr(0, 4) == last.substr(0, 4);
    const auto label = [&](std::int64_t seconds) {
        const std::string text = utc_text(seconds);
        if (one_day) {
            return drawn.step_seconds < 60 ? text.substr(11) : text.substr(11, 5);
        }
        return one_year ? text.substr(5, 11) : text.substr(0, 10);
    };
    TextLine line(style.colour);
    line.pad_to(left);
    bool stretch_begins = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].cut) {
            stretch_begins = true;
            continue;
        }
        const std::string text = label(columns[i].start_seconds);
        const bool at_end = i + 1 == columns.size() && !stretch_begins;
        const std::size_t begin = left + (at_end ? i + 1 - std::min(i + 1, text.size()) : i);
        const bool room = line.width() == left || begin >= line.width() + 2;
        if ((stretch_begins || at_end) && room && begin + text.size() <= style.width) {
            line.pad_to(begin).put(text, Paint::Dim);
        }
        stretch_begins = false;
    }
    return line;
}

struct Layout {
    std::size_t name = 0;
    std::size_t count = 0;
    std::size_t bar = 0;
};

constexpr std::size_t kPercent = 4;  // "100%"

Layout lay_out_rows(const std::vector<BoundedCounts::Count>& rows, std::size_t empty_key,
                    std::size_t width) {
    Layout layout;
    for (const auto& row : rows) {
        const std::size_t name = row.key.empty() ? empty_key : printable(row.key).size();
        layout.name = std::max(layout.name, name);
        layout.count = std::max(layout.count, grouped(row.count).size());
    }
    const std::size_t fixed = kIndent + 2 + layout.count + 2 + kPercent;
    const std::size_t room = width - std::min(width, fixed);
    // A long name gets all but a quarter, which the bars keep.
    const std::size_t most = room - std::min(room, room / 4 + 2);
    layout.name = std::clamp<std::size_t>(layout.name, 1, std::max<std::size_t>(most, 1));
    layout.bar = std::min(room - std::min(room, layout.name + 2), kWidestBar);
    layout.bar = layout.bar < kNarrowestBar ? 0 : layout.bar;
    return layout;
}

}  // namespace

std::string utc_text(std::int64_t seconds) {
    std::int64_t unix_ns = 0;
    std::string text;
    if (!__builtin_mul_overflow(seconds, base::kNanosPerSecond, &unix_ns)) {
        base::append_rfc3339_nano(text, unix_ns);  // 2026-06-09T12:00:00Z
        text[10] = ' ';
        text.pop_back();
    }
    return text;
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

TextLines wrapped(std::string_view sentence, std::size_t width, std::size_t indent,
                  const TextStyle& style, Paint paint) {
    TextLines lines;
    const std::size_t room = std::max<std::size_t>(width - std::min(width, indent), 1);
    while (!sentence.empty()) {
        std::size_t length = sentence.size();
        std::size_t skip = 0;
        if (length > room) {
            const std::size_t space = sentence.rfind(' ', room);
            const bool found = space != std::string_view::npos && space > 0;
            length = found ? space : room;
            skip = found ? 1 : 0;
        }
        lines.emplace_back(style.colour);
        lines.back().pad_to(indent).put(sentence.substr(0, length), paint);
        sentence.remove_prefix(std::min(sentence.size(), length + skip));
    }
    return lines;
}

TextLines timeline_panel(const Timeline& timeline, const TextStyle& style) {
    constexpr std::size_t kLeft = kIndent + 7;
    const TimelineColumns drawn = lay_out(timeline, style.width - kLeft);
    std::uint64_t highest = 0;
    for (const auto& column : drawn.columns) {
        highest = std::max({highest, column.counts.allow, column.counts.deny});
    }
    const std::string legend = "UTC, a column is " + step_text(drawn.step_seconds) +
                               ", the highest is " + grouped(highest);
    TextLines lines;
    TextLine& title = lines.emplace_back(style.colour).put("Timeline", Paint::Bold);
    if (title.width() + 2 + legend.size() <= style.width) {
        title.put("  ").put(legend, Paint::Dim);
    } else {
        for (auto& line : wrapped(legend, style.width, kIndent, style, Paint::Dim)) {
            lines.push_back(std::move(line));
        }
    }
    const auto spark = [&](std::string_view name, Paint paint,
                           std::uint64_t Timeline::Counts::*count) {
        TextLine& line = lines.emplace_back(style.colour);
        line.pad_to(kIndent).put(name).pad_to(kLeft);
        for (const auto& column : drawn.columns) {
            const std::size_t level = scaled(column.counts.*count, highest, kBlocks.size());
            if (column.cut) {
                line.put(style.unicode ? "┊" : "|", Paint::Dim);
            } else if (level == 0) {
                line.put(" ");
            } else {
                line.put((style.unicode ? kBlocks : kMarks).at(level - 1), paint);
            }
        }
    };
    spark("allow", Paint::Green, &Timeline::Counts::allow);
    spark("deny", Paint::Red, &Timeline::Counts::deny);
    lines.push_back(axis(drawn, kLeft, style));
    return lines;
}

TextLines ranking_panel(const Ranking& ranking, const TextStyle& style) {
    auto rows = ranking.counts.sorted();
    const std::size_t all = rows.size();
    rows.resize(std::min(all, kRows));
    for (auto& row : rows) {
        if (ranking.beside != nullptr && ranking.beside->contains(row.key)) {
            row.key += " " + ranking.beside->at(row.key);
        }
    }
    std::uint64_t rest = ranking.total - std::min(ranking.total, ranking.counts.other());
    TextLines lines;
    lines.emplace_back(style.colour).put(ranking.title, Paint::Bold);
    if (rows.empty()) {
        lines.emplace_back(style.colour).pad_to(kIndent).put("none", Paint::Dim);
    }
    const Layout layout = lay_out_rows(rows, ranking.empty_key.size(), style.width);
    for (const auto& [key, count] : rows) {
        const std::string name = key.empty() ? std::string(ranking.empty_key) : printable(key);
        const std::string number = grouped(count);
        const std::string share = percent(count, ranking.total);
        TextLine& line = lines.emplace_back(style.colour);
        line.pad_to(kIndent).put(shortened(name, layout.name, Cut::Front));
        line.pad_to(kIndent + layout.name + 2 + layout.count - number.size());
        line.put(number, Paint::Bold);
        line.pad_to(line.width() + 2 + kPercent - share.size()).put(share, Paint::Dim);
        if (layout.bar > 0) {
            line.put("  ").put(bar(count, rows.front().count, layout.bar, style.unicode),
                               ranking.paint);
        }
        rest -= std::min(rest, count);
    }
    const auto note = [&](const std::string& sentence) {
        for (auto& line : wrapped(sentence, style.width, kIndent, style, Paint::Dim)) {
            lines.push_back(std::move(line));
        }
    };
    if (all > rows.size()) {
        note(grouped(all - rows.size()) + " more " + std::string(ranking.noun) + ": " +
             grouped(rest));
    }
    if (ranking.counts.other() > 0) {
        note("other: " + grouped(ranking.counts.other()) + " (too many " +
             std::string(ranking.noun) +
             " to keep them all: the rarest are left out, and each "
             "count is \"at least\")");
    }
    return lines;
}

}  // namespace bridge
