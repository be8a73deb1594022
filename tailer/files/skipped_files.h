// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace tailer {

/// Why something in a log folder is not read.
enum class SkipReason : std::uint8_t {
    Name,          ///< not named as Boundary names its logs
    NotRegular,    ///< a link, FIFO, socket, device or folder
    ForeignOwner,  ///< neither the folder's owner, root nor ourselves own it
    Linked,        ///< another one's file that was linked into the folder
    Swapped,       ///< not what was seen under that name a moment before
    Unreadable,    ///< cannot be opened
};
inline constexpr std::size_t kSkipReasons = 6;

/// As a metric label.
[[nodiscard]] std::string_view name_of(SkipReason reason) noexcept;

/// Counts what is skipped, at bounded memory whatever lies in the folders: what was there at the
/// last scan already is not counted again, and what was there only between two scans is counted if
/// it was looked at.
class SkippedFiles {
public:
    explicit SkippedFiles(std::size_t folders) : folders_(folders) {}

    void begin_scan(std::size_t folder);
    void seen_in_scan(std::size_t folder, SkipReason reason, std::string_view name);
    void end_scan(std::size_t folder);
    /// Between scans: something under this name.
    void seen_alone(std::size_t folder, SkipReason reason, std::string_view name);
    /// A try to open what had been seen as a log.
    void at_open(SkipReason reason) { ++totals_[static_cast<std::size_t>(reason)]; }

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

    std::vector<Folder> folders_;
    Counts totals_{};
};

}  // namespace tailer
