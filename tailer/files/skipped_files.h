// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tailer {

/// Why something in a log folder is not read.
enum class SkipReason : std::uint8_t {
    Name,          ///< not named as Boundary names its logs
    Symlink,       ///< a symbolic link
    NotRegular,    ///< a FIFO, socket, device or folder
    ForeignOwner,  ///< neither the folder's owner, root nor ourselves own it
    Linked,        ///< another one's file that was linked into the folder
    Swapped,       ///< not what was seen under that name a moment before
    Unreadable,    ///< cannot be opened
};
inline constexpr std::size_t kSkipReasons = 7;

/// As a metric label.
[[nodiscard]] std::string_view name_of(SkipReason reason) noexcept;

/// Something that is not read.
struct SkippedFile {
    SkipReason reason = SkipReason::Name;
    std::size_t folder = 0;
    std::string name;
    std::uint32_t owner = 0;  ///< of a ForeignOwner
};

/// Counts what is skipped, at bounded memory whatever lies in the folders: what was there at the
/// last scan already is not counted again, and what was there only between two scans is counted if
/// it was looked at.
class SkippedFiles {
public:
    explicit SkippedFiles(std::size_t folders) : folders_(folders) {}

    void begin_scan(std::size_t folder);
    void seen_in_scan(std::size_t folder, SkipReason reason, std::string_view name,
                      std::uint32_t owner = 0);
    void end_scan(std::size_t folder);
    /// Between scans: something under this name.
    void seen_alone(std::size_t folder, SkipReason reason, std::string_view name,
                    std::uint32_t owner = 0);
    /// A try to open what had been seen as a log.
    void at_open(std::size_t folder, SkipReason reason, std::string_view name);

    /// The first of each kind, `Name` left out, since the last call; each kind is told once.
    [[nodiscard]] std::vector<SkippedFile> take_first() { return std::exchange(first_, {}); }

    [[nodiscard]] std::uint64_t count(SkipReason reason) const {
        return totals_[static_cast<std::size_t>(reason)];
    }

private:
    using Counts = std::array<std::uint64_t, kSkipReasons>;
    struct Folder {
        Counts last{};
        Counts now{};
        std::unordered_set<std::size_t> known;  ///< hashes of names, `Name` left out
    };
    [[nodiscard]] static bool learn(Folder& folder, std::string_view name);
    void keep_first(SkippedFile file);

    std::vector<Folder> folders_;
    Counts totals_{};
    std::vector<SkippedFile> first_;
    std::array<bool, kSkipReasons> told_{};
};

}  // namespace tailer
