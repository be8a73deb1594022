// SPDX-License-Identifier: MIT
#include "tests/end_to_end/decisions.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <simdjson.h>

#include "base/clock.h"
#include "base/rfc3339.h"

namespace end_to_end {
namespace {

using test_support::LokiServer;

constexpr std::int64_t kMillisecondNs = 1'000'000;

std::string line_of(bool allow, std::int64_t time_ns, std::size_t id, const std::string& more) {
    std::string line = "time=";
    base::append_rfc3339_nano(line, time_ns / kMillisecondNs * kMillisecondNs);
    const std::string host = "host" + std::to_string(id % 7) + ".example";
    line += allow ? " level=INFO msg=ALLOW" : " level=WARN msg=DENY";
    line += " method=GET url=https://" + host + "/d/" + std::to_string(id) + more + " host=" + host;
    return line + (allow ? " rule=\"domain=*.example\"\n" : "\n");
}

std::string text_of(simdjson::dom::element object, const char* name) {
    std::string_view value;
    return object[name].get(value) == simdjson::SUCCESS ? std::string(value) : "";
}

}  // namespace

std::int64_t now_ns() { return base::SystemClock().wall_ns(); }

bool is_allow(std::size_t id) { return id % 3 != 0; }

std::string decision_line(std::int64_t time_ns, std::size_t id) {
    return decision_line(time_ns, id, "");
}

std::string decision_line(std::int64_t time_ns, std::size_t id, const std::string& more_path) {
    return line_of(is_allow(id), time_ns, id, more_path);
}

std::string allow_line(std::int64_t time_ns, std::size_t id) {
    return line_of(true, time_ns, id, "");
}

std::string deny_line(std::int64_t time_ns, std::size_t id) {
    return line_of(false, time_ns, id, "");
}

std::string log_name(std::size_t number) {
    return "boundary-2026-06-09_12-00-00-" + std::to_string(number) + ".log";
}

std::string append_to(const std::string& folder, const std::string& name,
                      const std::string& content) {
    std::filesystem::create_directories(folder);
    std::ofstream out(folder + "/" + name, std::ios::binary | std::ios::app);
    if (!(out << content).flush()) {
        throw std::runtime_error("cannot write " + folder + "/" + name);
    }
    return folder + "/" + name;
}

std::map<std::size_t, std::vector<LokiServer::Row>> rows_by_id(const LokiServer& loki,
                                                               const std::string& selector) {
    std::map<std::size_t, std::vector<LokiServer::Row>> rows;
    for (auto& row : loki.rows(selector, now_ns() - 30 * kHourNs, now_ns() + kHourNs)) {
        const std::size_t at = row.line.find("/d/");
        if (at != std::string::npos) {
            const std::size_t id = std::strtoull(row.line.c_str() + at + 3, nullptr, 10);
            rows[id].push_back(std::move(row));
        }
    }
    return rows;
}

std::int64_t metric_count(const LokiServer& loki, const std::string& selector) {
    return loki.counts("sum(count_over_time(" + selector + "[30h]))", "", now_ns())[""];
}

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << verdict.lost << " lost, " << verdict.doubled << " doubled";
}

Verdict judge(const std::map<std::size_t, std::vector<LokiServer::Row>>& rows, std::size_t first,
              std::size_t end) {
    Verdict verdict;
    for (std::size_t id = first; id < end; ++id) {
        const auto found = rows.find(id);
        verdict.lost += found == rows.end() ? 1 : 0;
        verdict.doubled += found != rows.end() && found->second.size() > 1 ? 1 : 0;
    }
    return verdict;
}

Verdict judge_when_there(const LokiServer& loki, std::size_t count, std::chrono::seconds limit) {
    Verdict verdict{.lost = count, .doubled = 0};
    static_cast<void>(test_support::eventually(
        [&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            // A count is a cheap question; it may be wrong, so what is judged are the rows.
            if (metric_count(loki) >= static_cast<std::int64_t>(count)) {
                verdict = judge(rows_by_id(loki), 0, count);
            }
            return verdict.lost == 0;
        },
        limit));
    return verdict.lost == 0 ? verdict : judge(rows_by_id(loki), 0, count);
}

std::string verify_alone(const LokiServer& loki) {
    std::string said;
    static_cast<void>(test_support::eventually(
        [&] {
            const auto result = test_support::run_command(
                {BOUNDARY_LOKI_BINARY, "verify", "--loki-url", loki.url(), "--since", "48h"});
            said = result.status == 0
                       ? ""
                       : std::to_string(result.status) + ": " + result.output + result.errors;
            return said.empty();
        },
        std::chrono::seconds(15)));
    return said;
}

bool is_stored(const LokiServer& loki, std::size_t id) {
    const std::string query =
        std::string(kAllDecisions) + " |~ \"/d/" + std::to_string(id) + "[^0-9]\"";
    return !loki.rows(query, now_ns() - 30 * kHourNs, now_ns() + kHourNs).empty();
}

bool arrives(const LokiServer& loki, std::size_t id) {
    return test_support::eventually([&] { return is_stored(loki, id); });
}

double lag_seconds(const Daemon& daemon) {
    return daemon.metric("boundary_loki_lag_seconds").value_or(-1);
}

std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

bool says(const Daemon& daemon, const std::string& text, std::size_t times) {
    return test_support::eventually([&] { return occurrences(daemon.log(), text) >= times; });
}

double rejected_entries(const Daemon& daemon) {
    std::istringstream text(test_support::http_get(daemon.metrics_url()).second);
    double sum = 0;
    std::size_t series = 0;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with("boundary_loki_rejected_entries_total{")) {
            sum += std::stod(line.substr(line.rfind(' ')));
            ++series;
        }
    }
    if (series == 0) {
        throw std::runtime_error("no rejected_entries_total in " + daemon.metrics_url());
    }
    return sum;
}

std::vector<Letter> letters_in(const std::string& path) {
    std::vector<Letter> letters;
    simdjson::dom::parser parser;
    std::istringstream file(test_support::read_file(path));
    for (std::string line; std::getline(file, line);) {
        simdjson::dom::element letter;
        if (parser.parse(line).get(letter) == simdjson::SUCCESS) {
            letters.push_back({text_of(letter, "reason"), text_of(letter, "detail"),
                               text_of(letter, "line"), text_of(letter, "text")});
        }
    }
    return letters;
}

}  // namespace end_to_end
