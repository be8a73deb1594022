// SPDX-License-Identifier: MIT
#include "tests/support/loki_server.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <curl/curl.h>
#include <simdjson.h>

#include "tests/support/programs.h"

namespace test_support {
namespace {

constexpr std::size_t kPage = 2000;

std::string config(const std::string& folder, int port, int grpc_port,
                   const LokiServer::Options& options) {
    std::ostringstream yaml;
    yaml << "auth_enabled: " << (options.auth_enabled ? "true" : "false") << "\n"
         << "server: {http_listen_address: 127.0.0.1, http_listen_port: " << port
         << ", grpc_listen_address: 127.0.0.1, grpc_listen_port: " << grpc_port
         << ", log_level: warn}\n"
         << "common:\n"
         << "  path_prefix: " << folder << "\n"
         << "  instance_addr: 127.0.0.1\n"
         << "  replication_factor: 1\n"
         << "  ring: {kvstore: {store: inmemory}, instance_addr: 127.0.0.1}\n"
         << "  storage: {filesystem: {chunks_directory: " << folder
         << "/chunks, rules_directory: " << folder << "/rules}}\n"
         << "schema_config: {configs: [{from: 2020-01-01, store: tsdb, object_store: filesystem, "
            "schema: v13, index: {prefix: index_, period: 24h}}]}\n"
         << "frontend: {address: 127.0.0.1}\n"
         // Makes entries of any age visible before they are flushed.
         << "ingester: {query_store_max_look_back_period: -1, lifecycler: {min_ready_duration: "
            "0s}}\n"
         << "query_range: {cache_results: false}\n"
         << "analytics: {reporting_enabled: false}\n"
         << "limits_config: {" << options.limits << "}\n";
    return yaml.str();
}

struct Handle {
    Handle() = default;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { ::curl_easy_cleanup(easy); }
    CURL* easy = ::curl_easy_init();
};

std::size_t append(char* data, std::size_t, std::size_t size, void* body) {
    static_cast<std::string*>(body)->append(data, size);
    return size;
}

std::string escaped(const std::string& text) {
    const Handle handle;
    const std::unique_ptr<char, void (*)(void*)> copy(
        ::curl_easy_escape(handle.easy, text.data(), static_cast<int>(text.size())), ::curl_free);
    return copy.get();
}

}  // namespace

std::pair<long, std::string> http_get(const std::string& url, const std::string& tenant) {
    const Handle handle;
    std::string body;
    long status = 0;
    ::curl_slist* headers = nullptr;
    if (!tenant.empty()) {
        headers = ::curl_slist_append(headers, ("X-Scope-OrgID: " + tenant).c_str());
    }
    ::curl_easy_setopt(handle.easy, CURLOPT_URL, url.c_str());
    ::curl_easy_setopt(handle.easy, CURLOPT_HTTPHEADER, headers);
    ::curl_easy_setopt(handle.easy, CURLOPT_TIMEOUT, 60L);
    ::curl_easy_setopt(handle.easy, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(handle.easy, CURLOPT_NOPROXY, "*");
    ::curl_easy_setopt(handle.easy, CURLOPT_WRITEFUNCTION, &append);
    ::curl_easy_setopt(handle.easy, CURLOPT_WRITEDATA, &body);
    if (::curl_easy_perform(handle.easy) == CURLE_OK) {
        ::curl_easy_getinfo(handle.easy, CURLINFO_RESPONSE_CODE, &status);
    }
    ::curl_slist_free_all(headers);
    return {status, body};
}

LokiServer::LokiServer() : LokiServer(Options{}) {}

LokiServer::LokiServer(Options options)
    : options_(std::move(options)), port_(free_port()), grpc_port_(free_port()) {}

void LokiServer::start() {
    std::ofstream(folder_.file("loki.yaml")) << config(folder_.path(), port_, grpc_port_, options_);
    Process::Options process;
    process.errors = folder_.file("log");
    process_.emplace(std::vector{loki_program(), "-config.file=" + folder_.file("loki.yaml")},
                     process);
    const std::string ready =
        url() + "/loki/api/v1/query?query=" + escaped("sum(count_over_time({probe=\"none\"}[1m]))");
    if (!eventually([&] { return http_get(ready, "probe").first == 200; })) {
        throw std::runtime_error("Loki did not start: " + read_file(folder_.file("log")));
    }
}

std::pair<long, std::string> LokiServer::get(
    const std::string& path, const std::map<std::string, std::string>& parameters) const {
    std::string query;
    for (const auto& [name, value] : parameters) {
        query += (query.empty() ? "?" : "&") + name + "=" + escaped(value);
    }
    return http_get(url() + path + query, options_.auth_enabled ? "tenant-a" : "");
}

std::vector<LokiServer::Row> LokiServer::rows(const std::string& query, std::int64_t start_ns,
                                              std::int64_t end_ns) const {
    std::vector<Row> all;
    std::int64_t from = start_ns;
    while (from < end_ns) {
        const auto [status, body] =
            get("/loki/api/v1/query_range", {{"query", query},
                                             {"start", std::to_string(from)},
                                             {"end", std::to_string(end_ns)},
                                             {"limit", std::to_string(kPage)},
                                             {"direction", "forward"}});
        if (status != 200) {
            throw std::runtime_error("query failed: " + body);
        }
        simdjson::dom::parser parser;
        const auto document = parser.parse(body);
        std::vector<Row> page;
        for (const auto result : document["data"]["result"].get_array()) {
            std::map<std::string, std::string> labels;
            for (const auto [name, value] : result["stream"].get_object()) {
                labels.emplace(name, std::string_view(value));
            }
            for (const auto value : result["values"].get_array()) {
                page.push_back({labels, std::stoll(std::string(std::string_view(value.at(0)))),
                                std::string(std::string_view(value.at(1)))});
            }
        }
        std::ranges::sort(page, {}, &Row::timestamp_ns);
        const bool last = page.size() < kPage;
        // A full page may end within an instant: leave that instant to the next page.
        const std::int64_t end_of_page = last ? end_ns : page.back().timestamp_ns;
        if (!last && end_of_page == page.front().timestamp_ns) {
            throw std::runtime_error("more rows at one instant than a page holds");
        }
        for (auto& row : page) {
            if (row.timestamp_ns < end_of_page) {
                all.push_back(std::move(row));
            }
        }
        from = end_of_page;
    }
    return all;
}

std::map<std::string, std::int64_t> LokiServer::counts(const std::string& query,
                                                       const std::string& label,
                                                       std::int64_t at_ns) const {
    const auto [status, body] =
        get("/loki/api/v1/query", {{"query", query}, {"time", std::to_string(at_ns)}});
    if (status != 200) {
        throw std::runtime_error("query failed: " + body);
    }
    std::map<std::string, std::int64_t> counts;
    simdjson::dom::parser parser;
    const auto document = parser.parse(body);
    for (const auto result : document["data"]["result"].get_array()) {
        std::string_view key;
        if (result["metric"][label].get(key) != simdjson::SUCCESS) {
            key = "";
        }
        counts[std::string(key)] +=
            std::stoll(std::string(std::string_view(result["value"].at(1))));
    }
    return counts;
}

double LokiServer::metric(const std::string& name, const std::string& match) const {
    std::istringstream text(get("/metrics").second);
    double sum = 0;
    for (std::string line; std::getline(text, line);) {
        const bool named = line.starts_with(name + "{") || line.starts_with(name + " ");
        if (named && line.find(match) != std::string::npos) {
            sum += std::stod(line.substr(line.rfind(' ')));
        }
    }
    return sum;
}

}  // namespace test_support
