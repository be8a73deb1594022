// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/labels.h"
#include "base/result.h"

namespace bridge {

/// A file of dead letters (`<state>/dead-letter/rejected.ndjson`) or of what `replay --output
/// ndjson` printed. It holds entries and unparsed lines.
class LetterFile {
public:
    struct Entry {
        base::Labels labels;  ///< of its stream, without `late`, which depends on when it is sent
        std::int64_t timestamp_ns = 0;
        std::string line;
        base::Labels metadata;
    };

    /// Whether `path` is such a file, by its first line.
    [[nodiscard]] static bool is_one(const std::string& path);
    /// Finds where each entry is, keeping 24 bytes for each. An Error if the file cannot be read.
    [[nodiscard]] static base::Result<LetterFile> open(const std::string& path);

    /// Entries that can be sent, each once.
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    /// The n-th of them, oldest first; nothing if the file has changed meanwhile.
    [[nodiscard]] std::optional<Entry> entry(std::size_t n);

    /// Lines that hold no entry because they could not be parsed, by reason.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& not_understood() const {
        return not_understood_;
    }
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

private:
    struct Place {
        std::int64_t timestamp_ns = 0;
        std::uint64_t offset = 0;
        std::size_t hash = 0;
    };
    void learn(const std::string& text, std::uint64_t offset);

    std::ifstream file_;
    std::vector<Place> index_;
    std::map<std::string, std::uint64_t> not_understood_;
    std::uint64_t damaged_ = 0;
};

}  // namespace bridge
