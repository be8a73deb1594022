// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_text.h"

namespace bridge {

std::string_view CheckpointText::line(std::uint64_t offset) {
    if (offset < begin_ || offset > begin_ + piece_.size()) {
        begin_ = offset;
        piece_.clear();
    }
    std::size_t searched = 0;
    while (true) {
        const std::string_view rest = std::string_view(piece_).substr(offset - begin_);
        if (const auto newline = rest.find('\n', searched); newline != std::string_view::npos) {
            return rest.substr(0, newline + 1);
        }
        searched = rest.size();
        if (!read_more(offset)) {
            return result_ ? std::string_view(piece_) : std::string_view();
        }
    }
}

/// Drops what stands before `from`. False when there is no more.
bool CheckpointText::read_more(std::uint64_t from) {
    piece_.erase(0, from - begin_);
    begin_ = from;
    if (!result_) {
        return false;
    }
    const std::size_t kept = piece_.size();
    piece_.resize(kept + kPieceBytes);
    const auto got = read_at_(std::span(piece_).subspan(kept), begin_ + kept);
    piece_.resize(kept + got.value_or(0));
    if (!got) {
        result_ = tl::unexpected(got.error());
    }
    return got.value_or(0) > 0;
}

}  // namespace bridge
