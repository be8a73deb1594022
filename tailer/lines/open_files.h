// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "tailer/files/file_fingerprint.h"
#include "tailer/files/known_files.h"

namespace tailer {

/// The few of many log files that are open, and where in the others reading stopped. Not
/// thread-safe.
class OpenFiles {
public:
    /// An open file.
    struct Cursor {
        FileId id = 0;
        base::UniqueFd fd;
        std::string session;
        LineCounts before;          ///< the lines that end at or before `counted`
        std::uint64_t counted = 0;  ///< an offset
        std::uint64_t long_line_begin = 0;
        std::optional<std::string> boundary_session = {};  ///< once its first line is whole
        std::array<char, kFingerprintBytes> last = {};     ///< read, before `last_end`
        std::uint64_t last_end = 0;                        ///< an offset; 0 = none
    };

    /// `files` must outlive this object.
    explicit OpenFiles(KnownFiles& files) : files_(files) {}

    /// The file's cursor. It is opened if need be, and the least recently used one closed for it.
    /// The pointer is good until the next call. Error: it cannot be opened.
    [[nodiscard]] base::Result<Cursor*> get(FileId id);
    /// Null when it is not open.
    [[nodiscard]] const Cursor* find(FileId id) const;
    /// Closes it, and forgets where reading stopped: it is another log by now.
    void drop(FileId id);
    /// Closes what is open; get() opens again.
    void close_all();
    [[nodiscard]] std::size_t size() const { return cursors_.size(); }

private:
    /// What is known of a file beside its offset, while no cursor holds it.
    struct Place {
        std::uint64_t offset = 0;
        LineCounts before;                  ///< of the lines before the offset
        std::uint64_t long_line_begin = 0;  ///< of the one that the offset lies in
    };

    void close_oldest();
    void keep_place(const Cursor& cursor);
    void drop_places();

    KnownFiles& files_;
    std::vector<std::unique_ptr<Cursor>> cursors_;  ///< most recently used last
    std::unordered_map<FileId, Place> places_;
    std::size_t most_places_ = 0;  ///< at which those that are not needed any more are dropped
};

}  // namespace tailer
