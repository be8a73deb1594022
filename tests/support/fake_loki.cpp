// SPDX-License-Identifier: MIT
#include "tests/support/fake_loki.h"

#include <algorithm>
#include <stdexcept>

#include <snappy.h>

#include "base/utf8.h"
#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"

namespace test_support {

using exporter::Reply;

namespace {

/// Whether a stream has all labels of a selector.
bool selects(std::string_view selector, std::string_view stream) {
    const base::Labels has = exporter::parse_stream_labels(stream);
    return std::ranges::all_of(exporter::parse_stream_labels(selector), [&](const auto& label) {
        return std::ranges::find(has, label) != has.end();
    });
}

}  // namespace

Reply answered(long status, std::string body) {
    return {Reply::Transport::Answered, status, std::move(body), ""};
}

Reply not_sent() { return {Reply::Transport::NotSent, 0, "", "connection refused"}; }

Reply ambiguous() { return {Reply::Transport::Ambiguous, 0, "", "connection reset"}; }

std::vector<std::string> SeenPush::lines() const {
    std::vector<std::string> lines;
    for (const auto& entry : entries) {
        lines.push_back(entry.line);
    }
    return lines;
}

Reply FakeLoki::push(std::string_view body, std::chrono::milliseconds /*timeout*/) {
    std::string request;
    if (!snappy::Uncompress(body.data(), body.size(), &request)) {
        throw std::logic_error("a push is no snappy block");
    }
    const auto [labels, entries] = exporter::decode_push_request(request);
    SeenPush seen{std::string(labels), {}, request.size()};
    for (const auto& entry : exporter::decode_entries(entries)) {
        SeenPush::Entry copy{entry.timestamp_ns, std::string(entry.line), {}};
        for (const auto& [name, value] : entry.metadata) {
            copy.metadata.emplace(name, value);
        }
        seen.entries.push_back(std::move(copy));
    }
    pushes_.push_back(seen);
    if (!replies_.empty()) {
        Reply reply = std::move(replies_.front());
        replies_.pop_front();
        return reply;
    }
    return rule_ ? rule_(seen) : store(seen);
}

void FakeLoki::store(const std::string& stream, const SeenPush::Entry& entry) {
    ++rows_[stream][{entry.timestamp_ns, entry.line}];
}

Reply FakeLoki::store(const SeenPush& push) {
    for (const auto& entry : push.entries) {
        store(push.stream, entry);
    }
    return answered(204);
}

Reply FakeLoki::query_range(std::string_view query, std::int64_t start_ns, std::int64_t end_ns,
                            std::size_t limit, std::chrono::milliseconds /*timeout*/) {
    ++queries_;
    if (auto reply = query_rule_ ? query_rule_(query) : std::nullopt) {
        return *std::move(reply);
    }
    if (!query_replies_.empty()) {
        Reply reply = std::move(query_replies_.front());
        query_replies_.pop_front();
        return reply;
    }
    if (query_reply_) {
        return *query_reply_;
    }
    std::string body = R"({"status":"success","data":{"resultType":"streams","result":[)";
    std::size_t count = 0;
    std::vector<Row> found;
    for (const auto& [stream, rows] : rows_) {
        for (const auto& [row, times] : rows) {
            if (selects(query, stream)) {
                found.push_back(row);
            }
        }
    }
    std::ranges::sort(found);
    for (const auto& row : found) {
        if (row.first < start_ns || row.first >= end_ns || count == limit) {
            continue;
        }
        // One result for each row, as when structured metadata makes each its own.
        body += count++ == 0 ? "" : ",";
        body += R"({"stream":{},"values":[[")" + std::to_string(row.first) + R"(",)";
        base::append_json_string(body, row.second);
        body += "]]}";
    }
    return answered(200, body + "]}}");
}

void FakeLoki::clear() {
    rule_ = nullptr;
    replies_.clear();
    query_replies_.clear();
    query_rule_ = nullptr;
    query_reply_.reset();
    pushes_.clear();
    queries_ = 0;
    rows_.clear();
}

std::vector<std::string> FakeLoki::lines(const std::string& stream) const {
    std::vector<std::string> lines;
    if (const auto found = rows_.find(stream); found != rows_.end()) {
        for (const auto& [row, times] : found->second) {
            lines.push_back(row.second);
        }
    }
    return lines;
}

std::vector<std::string> FakeLoki::all_lines() const {
    std::vector<std::string> all;
    for (const auto& [stream, rows] : rows_) {
        const auto some = lines(stream);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace test_support
