// SPDX-License-Identifier: MIT
#include "exporter/loki/victoria_logs.h"

#include <algorithm>
#include <charconv>

#include <simdjson.h>

#include "base/rfc3339.h"
#include "base/utf8.h"

namespace exporter::victoria_logs {
namespace {

constexpr std::string_view kInsert = "/insert";

bool is_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

bool is_address(std::string_view base_address) {
    return base_address.ends_with(kInsert) && !base_address.ends_with("//insert");
}

std::string query_address(std::string_view base_address) {
    base_address.remove_suffix(kInsert.size());
    return std::string(base_address) + "/select/logsql/query";
}

std::optional<std::vector<std::string>> tenant_headers(std::string_view tenant) {
    if (tenant.empty()) {
        return std::vector<std::string>{};
    }
    const std::size_t colon = std::min(tenant.find(':'), tenant.size());
    const std::string_view account = tenant.substr(0, colon);
    const std::string_view project = colon < tenant.size() ? tenant.substr(colon + 1) : "0";
    if (!is_number(account) || !is_number(project)) {
        return std::nullopt;
    }
    return std::vector{"AccountID: " + std::string(account), "ProjectID: " + std::string(project)};
}

std::string rows_query(std::string_view selector, std::int64_t start_ns, std::int64_t end_ns,
                       std::size_t limit) {
    std::string query(selector);
    query += " _time:[";
    base::append_rfc3339_nano(query, start_ns);
    query += ", ";
    base::append_rfc3339_nano(query, end_ns);
    query += ") | sort by (_time) limit " + std::to_string(limit) + " | fields _time, _msg";
    return query;
}

std::optional<std::string> as_loki_answer(std::string_view body) {
    std::string values;
    simdjson::dom::parser parser;
    while (!body.empty()) {
        const std::string_view row = body.substr(0, body.find('\n'));
        body.remove_prefix(std::min(body.size(), row.size() + 1));
        if (row.empty()) {
            continue;
        }
        simdjson::dom::element document;
        std::string_view time;
        if (parser.parse(row.data(), row.size()).get(document) != simdjson::SUCCESS ||
            document["_time"].get(time) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        const auto timestamp_ns = base::parse_rfc3339(time);
        if (!timestamp_ns) {
            return std::nullopt;
        }
        // A row that another shipper pushed may have no message.
        std::string_view line;
        if (document["_msg"].get(line) != simdjson::SUCCESS) {
            line = {};
        }
        values += values.empty() ? "" : ",";
        values += "[\"" + std::to_string(*timestamp_ns) + "\",";
        base::append_json_string(values, line);
        values += "]";
    }
    return R"({"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[)" +
           values + "]}]}}";
}

bool is_wrong_path(std::string_view body) {
    // What stands behind may be an entry that the server repeats, so it decides nothing.
    constexpr std::string_view kGateway = "missing route for ";
    const bool names_user = body.starts_with("user ");
    return body.starts_with("unsupported path requested: ") || body.starts_with(kGateway) ||
           (names_user && body.substr(0, 300).find(kGateway) != std::string_view::npos);
}

bool is_set_up_trouble(std::string_view body) {
    return is_wrong_path(body) || body.starts_with("cannot parse common params from request: ") ||
           body.starts_with("requests to /insert/* are disabled ") ||
           body.starts_with("requests to /select/* are disabled ");
}

}  // namespace exporter::victoria_logs
