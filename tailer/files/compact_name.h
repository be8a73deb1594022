// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tailer {

/// The name of a file within its folder. Boundary's own names, packed or not, take no memory beside
/// the object; any other does.
class CompactName {
public:
    CompactName() = default;
    explicit CompactName(std::string_view name);
    CompactName(const CompactName& from);
    CompactName(CompactName&&) = default;
    CompactName& operator=(const CompactName& from) { return *this = CompactName(from); }
    CompactName& operator=(CompactName&&) = default;
    ~CompactName() = default;

    [[nodiscard]] bool empty() const { return digits_ == 0 && (!other_ || other_->empty()); }
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::size_t hash() const;

    friend bool operator==(const CompactName& a, const CompactName& b);
    friend bool operator==(const CompactName& a, std::string_view b) { return a == CompactName(b); }

private:
    /// From the lowest bit: the 14 digits of date and time as one number, how many digits the PID
    /// has (it may begin with zeros), the suffix of the packed, and what of the PID is above 32
    /// bits. 0 = a name of another kind.
    std::uint64_t digits_ = 0;
    std::unique_ptr<const std::string> other_;
    std::uint32_t pid_ = 0;
};

}  // namespace tailer
