// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/loki/entry.h"

namespace exporter {

// Loki's push format (grafana/loki pkg/push/push.proto, package logproto): PushRequest{1 streams},
// StreamAdapter{1 labels, 2 entries}, EntryAdapter{1 timestamp, 2 line, 3 structuredMetadata},
// LabelPairAdapter{1 name, 2 value}. The body is the message in one raw snappy block.

/// Appends one entry as it stands in a StreamAdapter, its field tag included.
void append_entry(std::string& out, const Entry& entry);

/// A PushRequest of one stream whose entries are a run of append_entry() results.
[[nodiscard]] std::string push_request(std::string_view labels, std::string_view entries);

/// The same entries without structured metadata, for servers that refuse it.
[[nodiscard]] std::string without_metadata(std::string_view entries);

/// One entry read back from such a run; for dead letters and tests. The views borrow from the run.
struct DecodedEntry {
    std::int64_t timestamp_ns = 0;
    std::string_view line;
    std::vector<base::LabelView> metadata;
};
/// Throws protozero::exception when `entries` is damaged.
[[nodiscard]] std::vector<DecodedEntry> decode_entries(std::string_view entries);

/// Labels and entries of a PushRequest made by push_request(); throws like decode_entries().
[[nodiscard]] std::pair<std::string_view, std::string> decode_push_request(
    std::string_view request);

/// Makes the bodies of pushes, each in the memory of the one before. Not thread-safe.
class PushBody {
public:
    /// What push_request() gives, as one raw snappy block; borrows until the next call.
    [[nodiscard]] std::string_view of(std::string_view labels, std::string_view entries);

private:
    std::unique_ptr<char[]> block_;
    std::size_t capacity_ = 0;
};

}  // namespace exporter
