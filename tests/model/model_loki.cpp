// SPDX-License-Identifier: MIT
#include "tests/model/model_loki.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <snappy.h>

#include "base/rfc3339.h"
#include "base/utf8.h"
#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"
#include "tests/support/fake_loki.h"

namespace model {
namespace {

using exporter::Reply;
using test_support::ambiguous;
using test_support::answered;
using test_support::not_sent;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kWindow = 3600 * kSecond;
constexpr std::string_view kNoRoom =
    "maximum active stream limit exceeded when trying to create stream";

std::string rfc3339(std::int64_t timestamp_ns) {
    std::string text;
    base::append_rfc3339_nano(text, timestamp_ns);
    return text;
}

/// Whether a stream has all labels of a selector.
bool selects(const std::string& selector, const std::string& stream) {
    const base::Labels has = exporter::parse_stream_labels(stream);
    return std::ranges::all_of(exporter::parse_stream_labels(selector), [&](const auto& label) {
        return std::ranges::find(has, label) != has.end();
    });
}

}  // namespace

void ModelLoki::foreign_writer(const std::string& stream, std::int64_t timestamp_ns) {
    rows_[stream].emplace(timestamp_ns, "foreign");
    auto& newest = newest_ns_.try_emplace(stream, timestamp_ns).first->second;
    newest = std::max(newest, timestamp_ns);
}

Reply ModelLoki::push(std::string_view body, std::chrono::milliseconds timeout) {
    std::string request;
    if (!snappy::Uncompress(body.data(), body.size(), &request)) {
        throw std::logic_error("a push is no snappy block");
    }
    const auto [labels, entries] = exporter::decode_push_request(request);
    fuse_.chance();  // dead before it was sent
    land();
    clock_.advance(std::chrono::milliseconds(dice_.between(1, 30)));
    Reply reply;
    if (auto failure = fail(labels, entries)) {
        reply = *failure;
        if (reply.transport == Reply::Transport::Ambiguous && dice_.chance(50)) {
            clock_.advance(timeout);
        }
    } else if (!has_room(labels)) {
        reply = answered(429, std::string(kNoRoom));
    } else {
        reply = store(labels, entries);
    }
    fuse_.chance();  // dead before it was answered
    return reply;
}

void ModelLoki::land() {
    std::vector<UnderWay> later;
    for (auto& push : std::exchange(under_way_, {})) {
        if (push.lands_ns <= clock_.wall_ns()) {
            static_cast<void>(store(push.labels, push.entries));
        } else {
            later.push_back(std::move(push));
        }
    }
    under_way_ = std::move(later);
}

void ModelLoki::land_all() {
    for (const auto& push : std::exchange(under_way_, {})) {
        static_cast<void>(store(push.labels, push.entries));
    }
}

Reply ModelLoki::limit(std::string_view labels, std::string_view entries) {
    switch (dice_.between(1, 4)) {
        case 1:
            return answered(429, "too many requests");
        case 2:
            return answered(429,
                            "Ingestion rate limit exceeded for user x (limit: 4194304 "
                            "bytes/sec) while attempting to ingest");
        case 3:
            if (dice_.chance(50)) {
                static_cast<void>(store(labels, entries));
            }
            return answered(429,
                            "Per stream rate limit exceeded (limit: 3MB/sec) while "
                            "attempting to ingest for stream");
        default:
            return answered(429, std::string(kNoRoom));
    }
}

bool ModelLoki::has_room(std::string_view labels) const {
    constexpr std::int64_t kPhaseNs = 97 * kSecond;
    return trouble_ == 0 || clock_.wall_ns() / kPhaseNs % 3 != 0 ||
           rows_.contains(std::string(labels));
}

std::optional<Reply> ModelLoki::fail(std::string_view labels, std::string_view entries) {
    if (!dice_.chance(trouble_)) {
        return std::nullopt;
    }
    const bool stored = dice_.chance(50);
    const auto kind = dice_.between(1, 7);
    if (kind <= 2) {
        return kind == 1 ? not_sent() : limit(labels, entries);
    }
    if (kind == 7) {
        constexpr std::array<long, 4> kOfGateways = {400, 403, 413, 422};
        return answered(kOfGateways.at(static_cast<std::size_t>(dice_.between(0, 3))),
                        "<html>go away</html>");
    }
    if (stored) {
        static_cast<void>(store(labels, entries));
    } else if (dice_.chance(50)) {
        // Less than the daemon waits at least.
        const std::int64_t lands_ns = clock_.wall_ns() + dice_.between(1, 2'500) * kSecond / 1'000;
        under_way_.push_back({lands_ns, std::string(labels), std::string(entries)});
    }
    if (kind <= 4) {
        return ambiguous();
    }
    return answered(kind == 5 ? 500 : 503, "at least 1 live replicas required");
}

Reply ModelLoki::store(std::string_view labels, std::string_view entries) {
    const std::string stream(labels);
    auto& rows = rows_[stream];
    std::string body;
    std::size_t total = 0;
    std::size_t refused = 0;
    for (const auto& entry : exporter::decode_entries(entries)) {
        ++total;
        auto& newest = newest_ns_.try_emplace(stream, entry.timestamp_ns).first->second;
        if (entry.timestamp_ns < newest - kWindow) {
            const std::int64_t limit = newest - kWindow;
            body += "entry with timestamp " + rfc3339(entry.timestamp_ns) +
                    " ignored, reason: 'entry too far behind, entry timestamp is: " +
                    rfc3339(entry.timestamp_ns / kSecond * kSecond) +
                    ", oldest acceptable timestamp is: " + rfc3339(limit / kSecond * kSecond) +
                    "',\n";
            ++refused;
            continue;
        }
        newest = std::max(newest, entry.timestamp_ns);
        const bool is_new = rows.emplace(entry.timestamp_ns, entry.line).second;
        // Where no query is answered for long, pushes have to go on without.
        needless_ += is_new || was_away_ || queries_forbidden_ ? 0 : 1;
    }
    if (refused == 0) {
        return answered(204);
    }
    refused_ += refused;
    body += "user 'x', total ignored: " + std::to_string(refused) + " out of " +
            std::to_string(total) + " for stream: " + stream;
    return answered(400, body);
}

/// See DoubtResolver: so many failures, over so long, and pushes go on without an answer.
void ModelLoki::note_failed_query() {
    constexpr std::size_t kFailures = 3;
    failed_queries_ns_.push_back(clock_.wall_ns());
    was_away_ = was_away_ || (failed_queries_ns_.size() >= kFailures &&
                              clock_.wall_ns() - failed_queries_ns_.front() >= 60 * kSecond);
}

Reply ModelLoki::query_range(std::string_view query, std::int64_t start_ns, std::int64_t end_ns,
                             std::size_t limit, std::chrono::milliseconds /*timeout*/) {
    fuse_.chance();
    land();
    clock_.advance(std::chrono::milliseconds(dice_.between(1, 30)));
    if (queries_forbidden_) {
        return answered(403, "no queries here");
    }
    if (dice_.chance(trouble_)) {
        const auto kind = dice_.between(1, 4);
        if (kind != 1) {
            note_failed_query();
        }
        return kind == 1   ? not_sent()
               : kind == 2 ? ambiguous()
                           : answered(kind == 3 ? 429 : 500, "too many outstanding requests");
    }
    failed_queries_ns_.clear();
    // The limit counts over all streams that the query selects, oldest first.
    std::vector<std::pair<const Row*, const std::string*>> found;
    for (const auto& [stream, rows] : rows_) {
        if (selects(std::string(query), stream)) {
            for (auto row = rows.lower_bound({start_ns, ""});
                 row != rows.end() && row->first < end_ns; ++row) {
                found.emplace_back(&*row, &stream);
            }
        }
    }
    std::ranges::stable_sort(found, {}, [](const auto& hit) { return hit.first->first; });
    found.resize(std::min(found.size(), limit));
    std::string body = R"({"status":"success","data":{"resultType":"streams","result":[)";
    for (const auto& [row, stream] : found) {
        body += row == found.front().first ? "" : ",";
        body += R"({"stream":)" +
                exporter::stream_labels_json(exporter::parse_stream_labels(*stream)) +
                R"(,"values":[[")" + std::to_string(row->first) + R"(",)";
        base::append_json_string(body, row->second);
        body += "]]}";
    }
    return answered(200, body + "]}}");
}

}  // namespace model
