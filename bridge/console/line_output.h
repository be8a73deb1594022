// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace bridge {

/// Writes lines to a descriptor without ever waiting for whoever reads them: a pipe that is full, a
/// terminal that is stopped. Lines never mix, unless the reader's end is shared with other writers.
/// The descriptor stays as it is for those who share it (no O_NONBLOCK is set on it), and may be
/// made another file at any time. Any thread may use it.
class LineOutput {
public:
    explicit LineOutput(int fd) : fd_(fd) {}

    /// `line` with its newline. False when it was dropped: no room, or no disk, or nobody there.
    bool write(std::string_view line);

private:
    enum class Kind : std::uint8_t {
        File,    ///< does not wait
        Own,     ///< a pipe or terminal that we have open a second time, in a way of our own
        Shared,  ///< one that we could not open
        Socket,
    };
    void look();
    [[nodiscard]] std::size_t put(std::string_view text);
    [[nodiscard]] std::size_t put_some(std::string_view text) const;

    int fd_;
    std::mutex mutex_;
    Kind kind_ = Kind::File;
    base::UniqueFd own_;
    std::uint64_t device_ = 0;  ///< with inode_: what kind_ was found out of
    std::uint64_t inode_ = 0;
    std::string rest_;  ///< of a line that was begun
};

}  // namespace bridge
