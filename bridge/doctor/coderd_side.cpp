// SPDX-License-Identifier: MIT
#include "bridge/doctor/coderd_side.h"

#include <charconv>
#include <chrono>

#include <simdjson.h>

#include "bridge/console/answer_text.h"
#include "exporter/loki/loki_client.h"

namespace bridge::doctor {

CoderdSide look_at_coderd(const std::string& prometheus_url) {
    CoderdSide side;
    side.prometheus_url = prometheus_url;
    if (prometheus_url.empty()) {
        return side;
    }
    exporter::LokiSettings server;
    server.url = prometheus_url;
    const auto client = exporter::LokiClient::create(server);
    if (!client) {
        side.trouble = client.error().message;
        return side;
    }
    const auto reply = (*client)->get(
        "/api/v1/query",
        {{"query", "count(agent_boundary_log_proxy_batches_forwarded_total) or vector(0)"}},
        std::chrono::seconds(10));
    simdjson::dom::parser parser;
    std::string_view text;
    if (reply.transport != exporter::Reply::Transport::Answered || reply.status != 200 ||
        parser.parse(reply.body)["data"]["result"].at(0)["value"].at(1).get(text) !=
            simdjson::SUCCESS) {
        side.trouble = answer_text(reply);
        return side;
    }
    std::from_chars(text.data(), text.data() + text.size(), side.agents);
    return side;
}

}  // namespace bridge::doctor
