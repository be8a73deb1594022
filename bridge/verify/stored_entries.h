// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/labels.h"
#include "base/result.h"
#include "exporter/loki/loki_client.h"

namespace bridge::verify {

/// Which label set, by StoredEntries::labels().
using LabelSet = std::uint32_t;

/// One entry as the server gives it; the line lives for the call that takes it.
struct StoredEntry {
    std::int64_t timestamp_ns = 0;
    std::string_view line;
    LabelSet labels = 0;
};

/// Reads all that a server holds of a query, page by page, oldest first but for entries of one
/// page, which come in any order. Loki limits a query's entries, span and bytes, and lets each be
/// set: what it refuses is asked for in smaller pieces, and what fails for a moment again.
class StoredEntries {
public:
    using Take = std::function<void(const StoredEntry&)>;
    using Sleep = std::function<void(std::chrono::milliseconds)>;

    /// Both must outlive it. `metadata` names what else than the structured metadata of ours is
    /// no stream label.
    StoredEntries(exporter::LokiApi& loki, std::vector<std::string> metadata);
    /// The same, told how to wait, for tests.
    StoredEntries(exporter::LokiApi& loki, std::vector<std::string> metadata, Sleep sleep)
        : loki_(loki), metadata_(std::move(metadata)), sleep_(std::move(sleep)) {}

    /// Each entry in [from_ns, until_ns) once. An Error when it could not all be read: what was
    /// read until then has been given to `take`.
    [[nodiscard]] base::Result<void> read(const std::string& query, std::int64_t from_ns,
                                          std::int64_t until_ns, const Take& take);

    /// Stream labels of an entry, sorted, without what servers add.
    [[nodiscard]] const base::Labels& labels(LabelSet set) const { return *sets_.at(set); }

private:
    struct Page {
        std::size_t entries = 0;
        std::int64_t first_ns = 0;
        std::int64_t last_ns = 0;
    };
    [[nodiscard]] bool measure(const std::string& body, Page& page);
    void give(std::int64_t before_ns, const Take& take);
    [[nodiscard]] LabelSet set_of(simdjson::dom::element result);
    [[nodiscard]] bool ask_for_less(const exporter::Reply& reply);
    void fit_limit(std::size_t entries, std::size_t bytes);

    exporter::LokiApi& loki_;
    std::vector<std::string> metadata_;
    Sleep sleep_;
    simdjson::dom::parser parser_;
    simdjson::dom::array results_;
    std::size_t limit_ = 1000;
    std::size_t most_ = 5000;  ///< max_entries_limit_per_query, Loki's default or what it let us
    std::int64_t window_ns_ = 30 * std::int64_t{86'400} * 1'000'000'000;  ///< max_query_length
    int tries_ = 0;
    std::map<base::Labels, LabelSet> known_sets_;
    std::vector<const base::Labels*> sets_;
};

}  // namespace bridge::verify
