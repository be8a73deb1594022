// SPDX-License-Identifier: MIT
#include "tailer/records/record_metadata.h"

#include <charconv>
#include <utility>

#include "base/utf8.h"

namespace tailer {
namespace {

/// Loki takes 64 KiB of metadata an entry; the line holds every value whole.
constexpr std::size_t kValueBytes = 1024;

}  // namespace

RecordMetadata::RecordMetadata(base::Labels constant) : constant_(std::move(constant)) {
    for (const auto& [name, value] : constant_) {
        all_.push_back({name, value});
    }
}

void RecordMetadata::begin() {
    all_.resize(constant_.size());
    copies_used_ = 0;
}

void RecordMetadata::add(std::string_view name, std::string_view value) {
    const std::string_view cut = base::utf8_prefix(value, kValueBytes);
    base::is_ascii(cut) ? add_valid(name, cut) : add_copy(name, cut);
}

void RecordMetadata::add_valid(std::string_view name, std::string_view value) {
    if (!value.empty()) {
        all_.push_back(
            {name, value.size() <= kValueBytes ? value : base::utf8_prefix(value, kValueBytes)});
    }
}

void RecordMetadata::add_copy(std::string_view name, std::string_view value) {
    if (copies_used_ == copies_.size()) {
        copies_.emplace_back();
    }
    std::string& copy = copies_[copies_used_++];
    copy.clear();
    base::append_valid_utf8(copy, base::utf8_prefix(value, kValueBytes));
    if (!copy.empty()) {  // what was mended may have grown, threefold at most
        all_.push_back({name, copy});
    }
}

void RecordMetadata::add_number(std::string_view name, std::uint64_t value) {
    const auto end = std::to_chars(number_.begin(), number_.end(), value).ptr;
    add_valid(name, {number_.data(), static_cast<std::size_t>(end - number_.data())});
}

}  // namespace tailer
