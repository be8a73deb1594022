// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/labels.h"

namespace tailer {

/// The structured metadata of one record at a time. Names, and values where nothing else is said,
/// are borrowed. An empty value is left out, a long one cut to what Loki takes. Not thread-safe;
/// allocates only to grow.
class RecordMetadata {
public:
    /// `constant` is what every record has.
    explicit RecordMetadata(base::Labels constant);

    /// The next record: what all() gave for the last is gone.
    void begin();

    /// Any bytes: what is no UTF-8 in them is replaced.
    void add(std::string_view name, std::string_view value);
    /// The same for what is valid UTF-8.
    void add_valid(std::string_view name, std::string_view value);
    /// The same as add(), for a value that need not outlive the call.
    void add_copy(std::string_view name, std::string_view value);
    /// One a record.
    void add_number(std::string_view name, std::uint64_t value);

    [[nodiscard]] std::span<const base::LabelView> all() const { return all_; }

private:
    base::Labels constant_;
    std::vector<base::LabelView> all_;  ///< begins with the constant ones
    std::deque<std::string> copies_;    ///< what is viewed must not move, as a vector's would
    std::size_t copies_used_ = 0;
    std::array<char, 20> number_{};
};

}  // namespace tailer
