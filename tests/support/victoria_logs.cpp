// SPDX-License-Identifier: MIT
#include "tests/support/victoria_logs.h"

#include <csignal>
#include <sstream>
#include <stdexcept>

#include <simdjson.h>

#include "tests/support/loki_server.h"
#include "tests/support/programs.h"

namespace test_support {
namespace {

std::string percent_encoded(const std::string& text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
    }
    return encoded;
}

}  // namespace

void VictoriaLogs::start() {
    const auto program = tool("victoria-logs");
    if (!program) {
        throw std::runtime_error("no victoria-logs: run tests/tools/install.sh");
    }
    Process::Options options;
    options.errors = folder_.file("log");
    process_.emplace(std::vector<std::string>{*program, "-storageDataPath=" + folder_.file("data"),
                                              "-httpListenAddr=127.0.0.1:" + std::to_string(port_),
                                              // Else it drops what is older than a week, with 204.
                                              "-retentionPeriod=100y"},
                     options);
    if (!eventually([&] { return http_get(origin() + "/insert/ready").first == 200; })) {
        throw std::runtime_error("VictoriaLogs did not start: " + read_file(folder_.file("log")));
    }
}

void VictoriaLogs::stop() {
    process_->signal(SIGTERM);
    if (!process_->wait(std::chrono::seconds(30))) {
        throw std::runtime_error("VictoriaLogs did not end: " + read_file(folder_.file("log")));
    }
    process_.reset();
}

std::vector<VictoriaLogs::Row> VictoriaLogs::query(const std::string& logsql) const {
    const auto [status, body] =
        http_get(origin() + "/select/logsql/query?query=" + percent_encoded(logsql));
    if (status != 200) {
        throw std::runtime_error("query failed: " + body);
    }
    std::vector<Row> rows;
    std::istringstream lines(body);
    simdjson::dom::parser parser;
    for (std::string line; std::getline(lines, line);) {
        Row row;
        for (const auto [name, value] : parser.parse(line).get_object()) {
            row.emplace(name, std::string_view(value));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::uint64_t VictoriaLogs::count(const std::string& logsql) const {
    return std::stoull(query(logsql + " | stats count() n").at(0).at("n"));
}

}  // namespace test_support
