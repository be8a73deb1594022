// SPDX-License-Identifier: MIT
#include "tests/bench/push_counts.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>

#include <protozero/pbf_reader.hpp>
#include <simdjson.h>

#include "base/clock.h"
#include "base/nanoseconds.h"

namespace bench {
namespace {

constexpr std::int64_t kFreshNs = 60 * base::kNanosPerSecond;

std::string_view text(protozero::data_view view) { return {view.data(), view.size()}; }

std::int64_t read_timestamp(protozero::pbf_reader stamp) {
    std::int64_t ns = 0;
    while (stamp.next()) {
        if (stamp.tag() == 1) {
            ns += stamp.get_int64() * base::kNanosPerSecond;
        } else if (stamp.tag() == 2) {
            ns += stamp.get_int32();
        } else {
            stamp.skip();
        }
    }
    return ns;
}

/// Calls `visit(hash of the labels, timestamp, line)` for every entry.
template <typename Visit>
void read_protobuf(std::string_view body, Visit visit) {
    protozero::pbf_reader request(body.data(), body.size());
    while (request.next(1)) {
        protozero::pbf_reader stream = request.get_message();
        std::size_t labels = 0;
        while (stream.next()) {
            if (stream.tag() == 1) {
                labels = std::hash<std::string_view>{}(text(stream.get_view()));
            } else if (stream.tag() == 2) {
                protozero::pbf_reader entry = stream.get_message();
                std::int64_t timestamp_ns = 0;
                std::string_view line;
                while (entry.next()) {
                    if (entry.tag() == 1) {
                        timestamp_ns = read_timestamp(entry.get_message());
                    } else if (entry.tag() == 2) {
                        line = text(entry.get_view());
                    } else {
                        entry.skip();
                    }
                }
                visit(labels, timestamp_ns, line);
            } else {
                stream.skip();
            }
        }
    }
}

/// Calls `visit(message)` for each submessage with this field number.
template <typename Visit>
void each(protozero::pbf_reader message, protozero::pbf_tag_type field, Visit visit) {
    while (message.next(field)) {
        visit(message.get_message());
    }
}

/// ResourceLogs > ScopeLogs > LogRecord{fixed64 time_unix_nano = 1; AnyValue body = 5}, and of that
/// AnyValue{string string_value = 1}. Calls `visit(timestamp, line)` for each record.
template <typename Visit>
void read_otlp(std::string_view body, Visit visit) {
    each({body.data(), body.size()}, 1, [&](protozero::pbf_reader resource) {
        each(resource, 2, [&](protozero::pbf_reader scope) {
            each(scope, 2, [&](protozero::pbf_reader record) {
                std::int64_t timestamp_ns = 0;
                std::string_view line;
                while (record.next()) {
                    if (record.tag() == 1) {
                        timestamp_ns = static_cast<std::int64_t>(record.get_fixed64());
                    } else if (record.tag() == 5) {
                        protozero::pbf_reader value = record.get_message();
                        line = value.next(1) ? text(value.get_view()) : std::string_view();
                    } else {
                        record.skip();
                    }
                }
                visit(timestamp_ns, line);
            });
        });
    });
}

}  // namespace

void PushCounts::arrived(std::size_t wire_bytes) {
    ++requests_;
    wire_bytes_ += wire_bytes;
    arrived_ns_ = base::SystemClock().wall_ns();
}

void PushCounts::add(std::size_t stream, std::int64_t timestamp_ns, std::string_view line) {
    ++entries_;
    const std::size_t hash = std::hash<std::string_view>{}(line)*31 + stream;
    seen_.insert(hash * 31 + static_cast<std::size_t>(timestamp_ns));
    const std::int64_t age_ns = arrived_ns_ - timestamp_ns;
    if (age_ns >= 0 && age_ns < kFreshNs) {
        ages_ns_.push_back(age_ns);
    }
}

bool PushCounts::add_protobuf(std::string_view body) {
    try {
        read_protobuf(body, [this](std::size_t stream, std::int64_t timestamp_ns,
                                   std::string_view line) { add(stream, timestamp_ns, line); });
    } catch (const protozero::exception&) {
        return false;
    }
    return true;
}

bool PushCounts::add_otlp(std::string_view body) {
    try {
        read_otlp(body, [this](std::int64_t timestamp_ns, std::string_view line) {
            add(0, timestamp_ns, line);
        });
    } catch (const protozero::exception&) {
        return false;
    }
    return true;
}

bool PushCounts::add_json(std::string_view body) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::array streams;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
        root["streams"].get(streams) != simdjson::SUCCESS) {
        return false;
    }
    for (const simdjson::dom::element stream : streams) {
        simdjson::dom::element labels;
        simdjson::dom::array values;
        if (stream["stream"].get(labels) != simdjson::SUCCESS ||
            stream["values"].get(values) != simdjson::SUCCESS) {
            return false;
        }
        const std::size_t hash = std::hash<std::string>{}(simdjson::minify(labels));
        for (const simdjson::dom::element value : values) {
            std::string_view stamp;
            std::string_view line;
            std::int64_t timestamp_ns = 0;
            if (value.at(0).get(stamp) != simdjson::SUCCESS ||
                value.at(1).get(line) != simdjson::SUCCESS) {
                return false;
            }
            std::from_chars(stamp.data(), stamp.data() + stamp.size(), timestamp_ns);
            add(hash, timestamp_ns, line);
        }
    }
    return true;
}

std::string PushCounts::json() {
    std::ranges::sort(ages_ns_);
    const auto quantile = [this](std::size_t percent) {
        const std::size_t at = ages_ns_.size() * percent / 100;
        const std::int64_t ns = ages_ns_.empty() ? 0 : ages_ns_[std::min(at, ages_ns_.size() - 1)];
        return std::to_string(static_cast<double>(ns) / 1e6);
    };
    return "{\"entries\":" + std::to_string(entries_) +
           ",\"distinct\":" + std::to_string(seen_.size()) +
           ",\"requests\":" + std::to_string(requests_) +
           ",\"wire_bytes\":" + std::to_string(wire_bytes_) +
           ",\"latency_ms\":{\"count\":" + std::to_string(ages_ns_.size()) +
           ",\"p50\":" + quantile(50) + ",\"p99\":" + quantile(99) + ",\"max\":" + quantile(100) +
           "}}";
}

}  // namespace bench
