// SPDX-License-Identifier: MIT
#include "tailer/files/compact_name.h"

#include <array>
#include <functional>

#include "tailer/files/log_file_name.h"

namespace tailer {
namespace {

constexpr std::string_view kSuffix = ".log";
constexpr std::array<std::string_view, 3> kPacked = {"", ".gz", ".zst"};

/// Where the bits of CompactName::digits_ begin.
constexpr unsigned kPidLengthAt = 47;  // 10^14 needs no more
constexpr unsigned kPackedAt = 51;
constexpr unsigned kPidHighAt = 53;

/// The lowest `count` digits of `number`, with zeros in front.
void append_digits(std::string& out, std::uint64_t number, std::size_t count) {
    const std::size_t begin = out.size();
    out.resize(begin + count);
    for (std::size_t i = begin + count; i-- > begin; number /= 10) {
        out[i] = static_cast<char>('0' + number % 10);
    }
}

std::uint64_t packed_code(std::string_view suffix) {
    std::uint64_t code = 0;
    while (kPacked[code] != suffix) {
        ++code;
    }
    return code;
}

}  // namespace

CompactName::CompactName(std::string_view name) {
    const std::string_view plain = without_compression_suffix(name);
    if (!is_boundary_log_name(plain)) {
        other_ = std::make_unique<const std::string>(name);
        return;
    }
    const std::string_view session = plain.substr(0, plain.size() - kSuffix.size());
    const std::size_t pid_length = session.size() - session.rfind('-') - 1;
    std::uint64_t date = 0;
    for (const char c : session.substr(0, session.size() - pid_length)) {
        if (c >= '0' && c <= '9') {
            date = 10 * date + static_cast<std::uint64_t>(c - '0');
        }
    }
    const auto pid = static_cast<std::uint64_t>(pid_of_session(session).value_or(0));
    pid_ = static_cast<std::uint32_t>(pid);
    digits_ = date | static_cast<std::uint64_t>(pid_length) << kPidLengthAt |
              packed_code(name.substr(plain.size())) << kPackedAt | pid >> 32U << kPidHighAt;
}

CompactName::CompactName(const CompactName& from)
    : digits_(from.digits_),
      other_(from.other_ ? std::make_unique<const std::string>(*from.other_) : nullptr),
      pid_(from.pid_) {}

std::string CompactName::text() const {
    if (digits_ == 0) {
        return other_ ? *other_ : std::string();
    }
    const auto bits = [this](unsigned from, unsigned to) {
        return digits_ >> from & ((std::uint64_t{1} << (to - from)) - 1);
    };
    std::string date;
    append_digits(date, bits(0, kPidLengthAt), 14);
    std::string text = "boundary-";
    std::size_t at = 0;
    for (const char behind : std::string_view("--_---")) {
        const std::size_t length = at == 0 ? 4 : 2;  // the year, and all else
        text.append(date, at, length).push_back(behind);
        at += length;
    }
    append_digits(text, bits(kPidHighAt, 64) << 32U | pid_, bits(kPidLengthAt, kPackedAt));
    return text.append(kSuffix).append(kPacked[bits(kPackedAt, kPidHighAt)]);
}

std::size_t CompactName::hash() const {
    if (other_) {
        return std::hash<std::string>{}(*other_);
    }
    const std::uint64_t mixed = (digits_ + pid_ * 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
    return mixed ^ mixed >> 32U;
}

bool operator==(const CompactName& a, const CompactName& b) {
    if (a.other_ && b.other_) {
        return *a.other_ == *b.other_;
    }
    return !a.other_ && !b.other_ && a.digits_ == b.digits_ && a.pid_ == b.pid_;
}

}  // namespace tailer
