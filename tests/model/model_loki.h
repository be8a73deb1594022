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
/// hour behind a stream's newest row, and fails as often as it is told to.
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
    /// Somebody else is this far in a stream.
    void foreign_writer(const std::string& stream, std::int64_t timestamp_ns);

    [[nodiscard]] const Rows& rows() const { return rows_; }
    /// Rows that were pushed although they were stored, with nothing unclear about it.
    [[nodiscard]] std::size_t needless() const { return needless_; }
    [[nodiscard]] std::size_t refused() const { return refused_; }

private:
    [[nodiscard]] exporter::Reply store(std::string_view labels, std::string_view entries);
    [[nodiscard]] std::optional<exporter::Reply> fail(std::string_view labels,
                                                      std::string_view entries);

    Dice& dice_;
    Fuse& fuse_;
    test_support::FakeClock& clock_;
    int trouble_ = 0;
    bool was_away_ = false;  ///< took nothing and answered nothing for a while
    Rows rows_;
    std::map<std::string, std::int64_t> newest_ns_;
    std::set<std::string> refused_in_;  ///< streams of which a push was stored in part
    std::size_t needless_ = 0;
    std::size_t refused_ = 0;
};

}  // namespace model
