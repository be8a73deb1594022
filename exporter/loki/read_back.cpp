// SPDX-License-Identifier: MIT
#include "exporter/loki/read_back.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include <simdjson.h>

#include "base/nanoseconds.h"
#include "exporter/loki/push_request.h"

namespace exporter {
namespace {

/// Keeps a page well below the 4 MiB at which Loki's own messages fail; of the longest lines fewer
/// fit, so what fails is asked for in smaller pages, down to this.
constexpr std::size_t kPageEntries = 1000;
constexpr std::size_t kSmallestPage = 8;
/// Twice what fits in one of these messages; who answers more was not asked by us.
constexpr std::size_t kMostPageBytes = 8U << 20U;

/// Some MiB of hashes; what lies before is not needed any more, since batches come in time order.
constexpr std::size_t kMostRows = 200'000;

/// Where a predecessor stored nothing, it mostly stored nothing for long: a whole backlog.
constexpr std::int64_t kLookAheadNs = 3600 * base::kNanosPerSecond;

/// How much later than we said Loki may have stored an entry: told to increment duplicate
/// timestamps, it moves each of a run of equal ones by a nanosecond more.
constexpr std::int64_t kMostMovedNs = base::kNanosPerMillisecond;

struct Page {
    std::size_t entries = 0;
    std::int64_t first_ns = INT64_MAX;
    std::int64_t last_ns = INT64_MIN;
    std::vector<std::size_t> hashes;
};

/// Some servers keep times less finely than asked.
bool lies_within(const Page& page, std::int64_t start_ns, std::int64_t end_ns) {
    return page.entries == 0 ||
           (page.first_ns >= base::add_saturated(start_ns, -base::kNanosPerMillisecond) &&
            page.last_ns <= base::add_saturated(end_ns, base::kNanosPerMillisecond));
}

/// What can stand in for an answer that is of no use.
Reply unusable(std::string_view why) {
    Reply reply;
    reply.transport = Reply::Transport::Ambiguous;
    reply.error.append("no answer to what was asked: ").append(why);
    return reply;
}

/// The next instant, or the last of all.
std::int64_t after(std::int64_t timestamp_ns) { return base::add_saturated(timestamp_ns, 1); }

/// Whether no other entry has the same line: it holds its session and its number there.
bool is_numbered(const DecodedEntry& entry) {
    return std::ranges::any_of(entry.metadata,
                               [](const auto& label) { return label.name == "seq"; });
}

std::size_t line_hash(std::string_view line) { return std::hash<std::string_view>{}(line); }

/// How Loki says that its parts cannot tell each other all that was asked for.
bool is_too_large(const Reply& reply) {
    return reply.body.size() > kMostPageBytes ||
           reply.body.find("message larger than max") != std::string::npos;
}

/// Whatever else is no 200 comes from a server that gives us no queries.
bool may_answer_later(const Reply& reply) {
    return reply.transport != Reply::Transport::Answered || reply.status >= 500 ||
           reply.status == 408 || reply.status == 429;
}

/// The lines of a batch, and whether they were met.
class Wanted {
public:
    explicit Wanted(const SealedBatch& batch) {
        for (const auto& entry : decode_entries(batch.entries())) {
            hashes_.push_back(is_numbered(entry) ? line_hash(entry.line)
                                                 : entry_hash(entry.timestamp_ns, entry.line));
        }
        stored_.assign(hashes_.size(), false);
    }
    void meet(const std::unordered_set<std::size_t>& rows) {
        for (std::size_t i = 0; i < hashes_.size() && !rows.empty(); ++i) {
            stored_[i] = stored_[i] || rows.contains(hashes_[i]);
        }
    }
    [[nodiscard]] std::vector<bool> take_stored() { return std::move(stored_); }

private:
    std::vector<std::size_t> hashes_;
    std::vector<bool> stored_;
};

/// Collects data.result[].values[][timestamp, line] of a query_range answer.
std::optional<Page> collect(const std::string& body, std::size_t limit) {
    simdjson::dom::parser parser;
    simdjson::dom::array results;
    if (parser.parse(body)["data"]["result"].get_array().get(results) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    Page page;
    for (const auto result : results) {
        simdjson::dom::array values;
        if (result["values"].get_array().get(values) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        for (const auto value : values) {
            std::string_view stamp;
            std::string_view line;
            std::int64_t timestamp_ns = 0;
            if (value.at(0).get_string().get(stamp) != simdjson::SUCCESS ||
                value.at(1).get_string().get(line) != simdjson::SUCCESS ||
                std::from_chars(stamp.data(), stamp.data() + stamp.size(), timestamp_ns).ec !=
                    std::errc{}) {
                return std::nullopt;
            }
            page.hashes.push_back(entry_hash(timestamp_ns, line));
            page.hashes.push_back(line_hash(line));
            page.first_ns = std::min(page.first_ns, timestamp_ns);
            page.last_ns = std::max(page.last_ns, timestamp_ns);
            if (++page.entries > limit) {
                return page;
            }
        }
    }
    return page;
}

}  // namespace

std::size_t entry_hash(std::int64_t timestamp_ns, std::string_view line) {
    const std::size_t of_line = line_hash(line);
    return of_line ^ (std::hash<std::int64_t>{}(timestamp_ns) + 0x9E3779B97F4A7C15ULL +
                      (of_line << 6U) + (of_line >> 2U));
}

ReadBack read_back(LokiApi& loki, std::string_view labels, const SealedBatch& batch,
                   std::chrono::milliseconds timeout, StoredRows* known) {
    ReadBack result;
    StoredRows own;
    StoredRows& rows = known != nullptr ? *known : own;
    const std::int64_t first_ns = batch.slots().front().timestamp_ns;
    const std::int64_t end_ns =
        after(base::add_saturated(batch.slots().back().timestamp_ns, kMostMovedNs));
    const bool nothing_so_far = rows.hashes.empty() && rows.start_ns < rows.end_ns;
    const bool adjoins = first_ns >= rows.start_ns && first_ns <= rows.end_ns;
    if (!adjoins || rows.hashes.size() > kMostRows) {
        rows = {first_ns, first_ns, {}};
    }
    const std::int64_t until_ns =
        nothing_so_far ? base::add_saturated(end_ns, kLookAheadNs) : end_ns;
    std::optional<Wanted> wanted;
    const auto meet = [&] {
        if (!rows.hashes.empty() || wanted) {
            wanted = wanted ? std::move(wanted) : std::optional<Wanted>(batch);
            wanted->meet(rows.hashes);
        }
    };
    std::size_t limit = kPageEntries;
    std::size_t bytes = 0;
    for (std::size_t pages = 0; rows.end_ns < end_ns; ++pages) {
        if (pages == kMostPages || bytes > kMostBytes) {
            result.reply = unusable("too many rows");
            return result;
        }
        result.reply = loki.query_range(labels, rows.end_ns, until_ns, limit, timeout);
        bytes += result.reply.body.size();
        if (is_too_large(result.reply)) {
            if (limit <= kSmallestPage) {
                result.reply = unusable("too large");
                return result;
            }
            limit /= kSmallestPage;
            continue;
        }
        if (may_answer_later(result.reply)) {
            return result;
        }
        const auto page =
            result.reply.status == 200 ? collect(result.reply.body, limit) : std::nullopt;
        if (!page) {
            result.state = ReadBack::State::Unavailable;
            return result;
        }
        if (page->entries > limit || !lies_within(*page, rows.end_ns, until_ns)) {
            result.reply = unusable("rows that were not asked for");
            return result;
        }
        if (rows.hashes.size() + page->hashes.size() > 2 * kMostRows) {
            meet();
            rows = {rows.end_ns, rows.end_ns, {}};
        }
        rows.hashes.insert(page->hashes.begin(), page->hashes.end());
        if (page->entries < limit) {
            rows.end_ns = until_ns;
        } else {
            // The last instant may go on on the next page; a page of one instant alone cannot.
            rows.end_ns = std::max(page->last_ns, after(rows.end_ns));
        }
    }
    result.state = ReadBack::State::Known;
    meet();
    result.stored = wanted ? wanted->take_stored() : std::vector<bool>(batch.size(), false);
    return result;
}

Glimpse glimpse(LokiApi& loki, std::string_view labels, std::int64_t start_ns, std::int64_t end_ns,
                std::chrono::milliseconds timeout) {
    Glimpse seen;
    seen.reply = loki.query_range(labels, start_ns, end_ns, 1, timeout);
    if (may_answer_later(seen.reply)) {
        return seen;
    }
    const auto page = seen.reply.status == 200 ? collect(seen.reply.body, 1) : std::nullopt;
    seen.state = page ? ReadBack::State::Known : ReadBack::State::Unavailable;
    seen.any = page && page->entries > 0;
    return seen;
}

}  // namespace exporter
