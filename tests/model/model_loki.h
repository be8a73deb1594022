// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/loki/loki_client.h"
#include "tests/model/dice.h"
#include "tests/model/fuse.h"

namespace model {

/// Loki as a set of rows: one for each stream, timestamp and line. Refuses what lies more than an
/// hour behind a stream's newest row, and fails as often as it is told to; what it failed to answer
/// may still land a little later. A gateway stands before it.
class ModelLoki final : public exporter::LokiApi {
public:
    using Row = std::pair<std::int64_t, std::string>;
    using Rows = std::map<std::string, std::set<Row>>;  ///< by stream

    ModelLoki(Dice& dice, Fuse& fuse, test_support::FakeClock& clock)
        : dice_(dice), fuse_(fuse), clock_(clock) {}

    [[nodiscard]] exporter::Reply push(std::string_view body,
                                       std::chrono::milliseconds timeout) override;
    [[nodiscard]] exporter::Reply query_range(std::string_view query, std::int64_t start_ns,
                                              std::int64_t end_ns, std::size_t limit,
                                              std::chrono::milliseconds timeout) override;

    /// How many requests of a hundred fail.
    void set_trouble(int percent) {
        trouble_ = percent;
        was_away_ = was_away_ || percent == 100;
    }
    /// Queries are not for us.
    void forbid_queries() { queries_forbidden_ = true; }
    [[nodiscard]] bool queries_forbidden() const { return queries_forbidden_; }
    /// Somebody else is this far in a stream.
    void foreign_writer(const std::string& stream, std::int64_t timestamp_ns);

    [[nodiscard]] const Rows& rows() const { return rows_; }
    /// What is on its way still arrives.
    void land_all();
    /// Rows that were pushed although they were stored, and nothing kept anybody from knowing.
    [[nodiscard]] std::size_t needless() const { return needless_; }
    [[nodiscard]] std::size_t refused() const { return refused_; }

private:
    struct UnderWay {
        std::int64_t lands_ns = 0;
        std::string labels;
        std::string entries;
    };
    void land();
    [[nodiscard]] exporter::Reply store(std::string_view labels, std::string_view entries);
    void note_failed_query();
    /// A refusal for a limit of the tenant's or of the stream's.
    [[nodiscard]] exporter::Reply limit(std::string_view labels, std::string_view entries);
    /// In times of trouble, now and then, there is none for a stream that is not there.
    [[nodiscard]] bool has_room(std::string_view labels) const;
    [[nodiscard]] std::optional<exporter::Reply> fail(std::string_view labels,
                                                      std::string_view entries);

    Dice& dice_;
    Fuse& fuse_;
    test_support::FakeClock& clock_;
    int trouble_ = 0;
    bool was_away_ = false;  ///< took nothing and answered nothing for a while
    std::vector<std::int64_t> failed_queries_ns_;  ///< since the last answer
    bool queries_forbidden_ = false;
    std::vector<UnderWay> under_way_;
    Rows rows_;
    std::map<std::string, std::int64_t> newest_ns_;
    std::size_t needless_ = 0;
    std::size_t refused_ = 0;
};

}  // namespace model
