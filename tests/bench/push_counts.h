// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace bench {

/// Counts what is pushed in Loki's formats or as OTLP, and keeps nothing of it. Not thread-safe.
class PushCounts {
public:
    /// To be called for each request, before its entries are added.
    void arrived(std::size_t wire_bytes);

    /// logproto.PushRequest: see exporter/loki/push_request.h. False when it is damaged.
    [[nodiscard]] bool add_protobuf(std::string_view body);
    /// {"streams":[{"stream":{..},"values":[["<ns>","<line>"],..]}]}. False when it is damaged.
    [[nodiscard]] bool add_json(std::string_view body);
    /// opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest, of log records with a text
    /// as body: all are of one stream. False when it is damaged.
    [[nodiscard]] bool add_otlp(std::string_view body);

    /// {"entries":..,"distinct":..,"requests":..,"wire_bytes":..,"latency_ms":{..}}
    ///
    /// `distinct` is what Loki would keep: it drops an entry whose stream, timestamp and line it
    /// already has. `latency_ms` is from an entry's own timestamp to its arrival, of the entries
    /// younger than a minute: what a trickle of fresh lines measures.
    [[nodiscard]] std::string json();

private:
    void add(std::size_t stream, std::int64_t timestamp_ns, std::string_view line);

    std::uint64_t entries_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t wire_bytes_ = 0;
    std::int64_t arrived_ns_ = 0;
    std::unordered_set<std::size_t> seen_;
    std::vector<std::int64_t> ages_ns_;
};

}  // namespace bench
