// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridge {

/// Counts by key in bounded memory, whatever a log brings. Every so often the rarest keys are
/// dropped and their counts go to other(), so a key that turns up often is kept however many junk
/// keys come before it. What is kept and other() always add up to the number of add() calls; once
/// other() is not 0, each count is "at least".
class BoundedCounts {
public:
    struct Count {
        std::string key;
        std::uint64_t count = 0;
        friend bool operator==(const Count&, const Count&) = default;
    };
    /// Longer keys are cut: no host name is longer than 253 bytes.
    static constexpr std::size_t kKeyBytes = 256;

    /// At most `keep` keys are kept, twice as many in between.
    explicit BoundedCounts(std::size_t keep) : keep_(keep) {}

    void add(std::string_view key);

    /// The kept counts, highest first, equal ones by key.
    [[nodiscard]] std::vector<Count> sorted() const;
    [[nodiscard]] std::uint64_t other() const { return other_; }
    [[nodiscard]] std::size_t keep() const { return keep_; }
    [[nodiscard]] bool empty() const { return counts_.empty(); }
    /// Keys in memory now.
    [[nodiscard]] std::size_t size() const { return counts_.size(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    void drop_rarest();

    std::size_t keep_;
    std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> counts_;
    std::uint64_t other_ = 0;
};

}  // namespace bridge
