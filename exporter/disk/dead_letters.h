// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/labels.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "exporter/loki/push_request.h"

namespace exporter {

/// Keeps what cannot be delivered, as JSON lines in `<folder>/rejected.ndjson`, mode 0600: nothing
/// is dropped without a trace. Each line holds `reason` and `detail`, and either the entry as
/// `replay --output ndjson` prints it or the raw text of a line that could not be parsed.
class DeadLetters {
public:
    [[nodiscard]] static base::Result<DeadLetters> open(const std::string& folder);

    /// What is done to a server's words before they are kept: they may echo what it was sent.
    void set_reader(std::function<std::string(std::string_view)> readable) {
        readable_ = std::move(readable);
    }

    [[nodiscard]] base::Result<void> add_rejected(const base::Labels& labels,
                                                  const DecodedEntry& entry,
                                                  std::string_view reason, std::string_view detail);
    [[nodiscard]] base::Result<void> add_unparsed(std::string_view session, std::string_view text,
                                                  std::string_view reason);
    /// Makes all letters so far durable; the two above only write.
    [[nodiscard]] base::Result<void> sync();

private:
    DeadLetters(std::string path, base::UniqueFd fd, bool torn)
        : path_(std::move(path)), fd_(std::move(fd)), torn_(torn) {}
    [[nodiscard]] base::Result<void> append(std::string& line);

    std::function<std::string(std::string_view)> readable_ = [](std::string_view text) {
        return std::string(text);
    };
    std::string path_;
    base::UniqueFd fd_;
    bool torn_;  ///< the file ends within a letter
};

/// Appends the members of one entry as the contract's ndjson has them, without the braces: stream
/// (`labels_json`, an object), timestamp, line, structured_metadata.
void append_ndjson_entry(std::string& out, std::string_view labels_json, std::int64_t timestamp_ns,
                         std::string_view line, std::span<const base::LabelView> metadata);

}  // namespace exporter
