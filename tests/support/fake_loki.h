// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/loki/loki_client.h"

namespace test_support {

/// A Reply with a status and a body.
[[nodiscard]] exporter::Reply answered(long status, std::string body = "");
[[nodiscard]] exporter::Reply not_sent();
[[nodiscard]] exporter::Reply ambiguous();

/// One push as Loki would decode it.
struct SeenPush {
    struct Entry {
        std::int64_t timestamp_ns = 0;
        std::string line;
        std::map<std::string, std::string> metadata;
    };
    std::string stream;
    std::vector<Entry> entries;
    std::size_t bytes = 0;  ///< of the uncompressed request

    [[nodiscard]] std::vector<std::string> lines() const;
};

/// Loki without a network: decodes every push, stores it as Loki does (one entry for each stream,
/// timestamp and line), and answers queries from what it has.
class FakeLoki final : public exporter::LokiApi {
public:
    using Rule = std::function<exporter::Reply(const SeenPush&)>;
    using Row = std::pair<std::int64_t, std::string>;

    [[nodiscard]] exporter::Reply push(std::string_view body,
                                       std::chrono::milliseconds timeout) override;
    [[nodiscard]] exporter::Reply query_range(std::string_view query, std::int64_t start_ns,
                                              std::int64_t end_ns, std::size_t limit,
                                              std::chrono::milliseconds timeout) override;

    /// Decides every push; what it stores it stores itself. None: store all, 204.
    void set_rule(Rule rule) { rule_ = std::move(rule); }
    /// The answer to one push to come, which is not stored.
    void refuse_next(const exporter::Reply& reply) { replies_.push_back(reply); }
    /// The answer to one query to come.
    void answer_next_query(const exporter::Reply& reply) { query_replies_.push_back(reply); }
    [[nodiscard]] std::chrono::milliseconds shows_after() const override { return shows_after_; }

    /// How long it may take until queries show an entry; the fake shows it at once all the same.
    void set_shows_after(std::chrono::milliseconds after) { shows_after_ = after; }
    /// The answer to every query.
    void answer_queries(const exporter::Reply& reply) { query_reply_ = reply; }

    /// Decides queries, which may take their time; nothing = answer from what is stored.
    using QueryRule = std::function<std::optional<exporter::Reply>(std::string_view query)>;
    void set_query_rule(QueryRule rule) { query_rule_ = std::move(rule); }

    /// For rules: takes all that is in a push, or one entry.
    exporter::Reply store(const SeenPush& push);
    void store(const std::string& stream, const SeenPush::Entry& entry);

    [[nodiscard]] const std::vector<SeenPush>& pushes() const { return pushes_; }
    [[nodiscard]] std::size_t queries() const { return queries_; }
    /// Forgets all, rules included.
    void clear();

    /// What is stored, by stream, in time order, and how often each row came in.
    [[nodiscard]] const std::map<std::string, std::map<Row, int>>& rows() const { return rows_; }
    /// The stored lines of one stream, in time order.
    [[nodiscard]] std::vector<std::string> lines(const std::string& stream) const;
    /// The stored lines of all streams.
    [[nodiscard]] std::vector<std::string> all_lines() const;

private:
    Rule rule_;
    std::deque<exporter::Reply> replies_;
    std::deque<exporter::Reply> query_replies_;
    std::optional<exporter::Reply> query_reply_;
    QueryRule query_rule_;
    std::vector<SeenPush> pushes_;
    std::size_t queries_ = 0;
    std::chrono::milliseconds shows_after_{};
    std::map<std::string, std::map<Row, int>> rows_;
};

}  // namespace test_support
