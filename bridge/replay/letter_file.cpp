// SPDX-License-Identifier: MIT
#include "bridge/replay/letter_file.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>

#include <simdjson.h>

#include "exporter/loki/stream_labels.h"

namespace bridge {
namespace {

constexpr std::size_t kMostReasonsTold = 50;

/// All members as labels; nothing when one is no text, or its name none that Loki takes.
std::optional<base::Labels> labels_of(simdjson::dom::object object) {
    base::Labels labels;
    for (const auto& [name, value] : object) {
        std::string_view text;
        if (!exporter::is_label_name(name) || value.get(text) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        if (!text.empty()) {
            labels.emplace_back(name, text);
        }
    }
    return labels;
}

std::optional<LetterFile::Entry> entry_in(const simdjson::dom::element& letter) {
    simdjson::dom::object stream;
    simdjson::dom::object metadata;
    std::string_view timestamp;
    std::string_view line;
    LetterFile::Entry entry;
    if (letter["stream"].get(stream) != simdjson::SUCCESS ||
        letter["timestamp"].get(timestamp) != simdjson::SUCCESS ||
        letter["line"].get(line) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    const char* end = timestamp.data() + timestamp.size();
    const auto [stop, code] = std::from_chars(timestamp.data(), end, entry.timestamp_ns);
    auto labels = labels_of(stream);
    if (code != std::errc{} || stop != end || !labels) {
        return std::nullopt;
    }
    std::erase_if(*labels, [](const base::Label& label) { return label.first == "late"; });
    std::ranges::sort(*labels);
    if (labels->empty()) {
        return std::nullopt;
    }
    entry.labels = std::move(*labels);
    entry.line = line;
    if (letter["structured_metadata"].get(metadata) == simdjson::SUCCESS) {
        auto pairs = labels_of(metadata);
        if (!pairs) {
            return std::nullopt;
        }
        entry.metadata = std::move(*pairs);
    }
    return entry;
}

std::size_t hash_of(const LetterFile::Entry& entry) {
    std::string all = exporter::stream_labels_text(entry.labels);
    all.append(std::to_string(entry.timestamp_ns)).append(entry.line);
    return std::hash<std::string>{}(all);
}

}  // namespace

bool LetterFile::is_one(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string start(10, '\0');
    file.read(start.data(), static_cast<std::streamsize>(start.size()));
    return file && (start == R"({"reason":)" || start == R"({"stream":)");
}

void LetterFile::learn(const std::string& text, std::uint64_t offset) {
    simdjson::dom::parser parser;
    simdjson::dom::element letter;
    std::string_view reason;
    std::string_view unparsed;
    if (text.empty()) {
        return;
    }
    if (parser.parse(text).get(letter) != simdjson::SUCCESS) {
        ++damaged_;
    } else if (const auto entry = entry_in(letter)) {
        index_.push_back({entry->timestamp_ns, offset, hash_of(*entry)});
    } else if (letter["text"].get(unparsed) == simdjson::SUCCESS &&
               letter["reason"].get(reason) == simdjson::SUCCESS) {
        const std::string why(reason);
        const bool told =
            not_understood_.size() < kMostReasonsTold || not_understood_.contains(why);
        ++not_understood_[told ? why : "other"];
    } else {
        ++damaged_;
    }
}

base::Result<LetterFile> LetterFile::open(const std::string& path) {
    LetterFile letters;
    letters.file_.open(path, std::ios::binary);
    if (!letters.file_) {
        return base::system_failure("cannot open", path);
    }
    std::uint64_t offset = 0;
    for (std::string line; std::getline(letters.file_, line); offset += line.size() + 1) {
        letters.learn(line, offset);
    }
    if (letters.file_.bad()) {
        return base::system_failure("cannot read", path);
    }
    // The same entry may have been refused twice.
    auto& index = letters.index_;
    std::ranges::sort(index, {}, [](const Place& place) {
        return std::tuple(place.timestamp_ns, place.hash, place.offset);
    });
    const auto same = [](const Place& a, const Place& b) {
        return a.timestamp_ns == b.timestamp_ns && a.hash == b.hash;
    };
    index.erase(std::unique(index.begin(), index.end(), same), index.end());
    return letters;
}

std::optional<LetterFile::Entry> LetterFile::entry(std::size_t n) {
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(index_.at(n).offset));
    std::string line;
    simdjson::dom::parser parser;
    simdjson::dom::element letter;
    if (!std::getline(file_, line) || parser.parse(line).get(letter) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return entry_in(letter);
}

}  // namespace bridge
