// SPDX-License-Identifier: MIT
#include "bridge/doctor/dashboard_side.h"

#include <algorithm>
#include <charconv>

#include <simdjson.h>

#include "base/utf8.h"
#include "bridge/console/answer_text.h"
#include "exporter/loki/push_outcome.h"

namespace bridge::doctor {
namespace {

constexpr std::chrono::seconds kPanelWithin{30};
constexpr std::chrono::hours kOursRange{24};

/// As a string of LogQL.
std::string quoted(std::string_view text) {
    std::string out;
    base::append_json_string(out, text);
    return out;
}

std::string matcher(std::string_view label, std::string_view value) {
    return value.empty() ? "" : ", " + std::string(label) + "=" + quoted(value);
}

std::string filter(std::string_view label, std::string_view value) {
    return value.empty() ? "" : " | " + std::string(label) + "=" + quoted(value);
}

struct Numbers {
    std::string trouble;
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t all = 0;
};

Numbers ask(exporter::LokiClient& loki, const std::string& query) {
    Numbers numbers;
    const auto reply = loki.get("/loki/api/v1/query", {{"query", query}}, kPanelWithin);
    simdjson::dom::parser parser;
    simdjson::dom::array series;
    if (reply.transport != exporter::Reply::Transport::Answered || reply.status != 200 ||
        parser.parse(reply.body)["data"]["result"].get_array().get(series) != simdjson::SUCCESS) {
        numbers.trouble = answer_text(reply);
        return numbers;
    }
    for (const auto one : series) {
        std::string_view text;
        std::string_view decision;
        std::uint64_t count = 0;
        if (one["value"].at(1).get(text) != simdjson::SUCCESS) {
            continue;
        }
        std::from_chars(text.data(), text.data() + text.size(), count);
        const auto named = one["metric"]["decision"].get(decision);
        numbers.all += count;
        numbers.allowed += named == simdjson::SUCCESS && decision == "allow" ? count : 0;
        numbers.denied += named == simdjson::SUCCESS && decision == "deny" ? count : 0;
    }
    return numbers;
}

std::string within(std::chrono::seconds range) {
    return "[" + std::to_string(range.count()) + "s]";
}

}  // namespace

const std::vector<Dashboard>& dashboards() {
    static const std::vector<Dashboard> all = {
        {"boundary-loki", "the stream labels job, decision, owner, workspace_name",
         std::chrono::hours(24)},
        {"coderd-json", "--namespace coder-workspaces --line-format json",
         std::chrono::hours(24 * 7)},
        {"coderd-logfmt", "--namespace coder --label logger=coderd.agentrpc --line-format logfmt",
         std::chrono::hours(12)},
    };
    return all;
}

std::string request_totals(const Dashboard& dashboard, const tailer::WorkspaceIdentity& who,
                           std::chrono::seconds range) {
    const std::string ours =
        filter("owner", who.owner) + filter("workspace_name", who.workspace_name);
    std::string lines;
    if (dashboard.name == "coderd-json") {
        lines = R"q({namespace=~"(coder|coder-workspaces)"} |= "boundary_request")q"
                R"q( | json decision="fields.decision", owner="fields.owner",)q"
                R"q( workspace_name="fields.workspace_name" | decision=~"allow|deny")q" +
                ours + R"q( | regexp `"http_url":"(?P<scheme>https?)://(?P<domain>[^/:"]+)`)q";
    } else if (dashboard.name == "coderd-logfmt") {
        lines = R"q({namespace=~"(coder|coder)", logger="coderd.agentrpc"})q"
                R"q( |= "boundary_request" | logfmt | decision=~"allow|deny")q" +
                ours + R"q( | regexp `http_url=(?P<scheme>https?)://(?P<domain>[^/:]+)`)q";
    } else {
        lines = R"q({job="boundary", decision=~"allow|deny")q" + matcher("owner", who.owner) +
                matcher("workspace_name", who.workspace_name) + "}";
    }
    return "sum by (decision) (count_over_time(" + lines + " " + within(range) + "))";
}

const Totals* DashboardSide::chosen_totals() const {
    const auto found = std::ranges::find_if(
        totals, [this](const Totals& one) { return one.dashboard->name == chosen; });
    return found == totals.end() ? nullptr : &*found;
}

DashboardSide look_at_dashboards(const Settings& settings, exporter::LokiClient& loki,
                                 const std::string& chosen,
                                 std::optional<std::chrono::seconds> range) {
    DashboardSide side;
    side.chosen = chosen;
    for (const auto& dashboard : dashboards()) {
        Totals totals;
        totals.dashboard = &dashboard;
        totals.range = range.value_or(dashboard.range);
        totals.query = request_totals(dashboard, settings.enrich.identity, totals.range);
        const Numbers numbers = ask(loki, totals.query);
        totals.trouble = numbers.trouble;
        totals.allowed = numbers.allowed;
        totals.denied = numbers.denied;
        side.totals.push_back(std::move(totals));
    }
    const auto count = [&](const std::string& selector) {
        return ask(loki, "sum(count_over_time(" + selector + R"q( |= "boundary_request" )q" +
                             within(range.value_or(kOursRange)) + "))")
            .all;
    };
    side.ours = count(R"q({job="boundary"})q");
    side.coderd = count(R"q({namespace=~"(coder|coder-workspaces)", job!="boundary"})q");
    return side;
}

}  // namespace bridge::doctor
