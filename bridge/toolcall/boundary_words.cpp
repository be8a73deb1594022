// SPDX-License-Identifier: MIT
#include "bridge/toolcall/boundary_words.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "tailer/toolcalls/toolcall_record.h"

namespace bridge::toolcall {
namespace {

/// A line's rest beyond this is dropped.
constexpr std::size_t kLongestLine = 1'024;

void keep(std::string& kept, std::string_view line) {
    if (line.empty() || line.starts_with("time=")) {
        return;
    }
    kept.append(kept.empty() ? "" : "; ").append(line);
    if (kept.size() > tailer::kLongestToolCallText) {
        kept.erase(0, kept.size() - tailer::kLongestToolCallText);
    }
}

}  // namespace

BoundaryWords::BoundaryWords() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
        reading_ = base::UniqueFd(ends[0]);
        writing_ = base::UniqueFd(ends[1]);
        ::fcntl(reading_.get(), F_SETFL, O_NONBLOCK);
    }
}

void BoundaryWords::take() {
    std::array<char, 4'096> chunk{};
    while (reading_.valid()) {
        const ::ssize_t got = ::read(reading_.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return;
        }
        if (got <= 0) {
            reading_.reset();
            return;
        }
        for (const char byte : std::string_view(chunk.data(), static_cast<std::size_t>(got))) {
            if (byte == '\n') {
                keep(kept_, line_);
                line_.clear();
            } else if (line_.size() < kLongestLine) {
                line_ += byte;
            }
        }
    }
}

std::string BoundaryWords::said() const {
    std::string all = kept_;
    keep(all, line_);
    return all;
}

}  // namespace bridge::toolcall
