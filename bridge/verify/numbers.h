// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace bridge::verify {

/// First and last of a run.
using NumberRange = std::pair<std::uint64_t, std::uint64_t>;

/// A set of numbers that takes room by its gaps, not by its size.
class NumberSet {
public:
    /// False when it was there.
    bool insert(std::uint64_t number);
    [[nodiscard]] bool contains(std::uint64_t number) const;
    void merge(const NumberSet& other);
    void insert_run(const NumberRange& run);
    [[nodiscard]] bool meets(const NumberSet& other) const;
    [[nodiscard]] bool empty() const { return runs_.empty(); }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] std::uint64_t lowest() const { return runs_.begin()->first; }
    [[nodiscard]] std::uint64_t highest() const { return runs_.rbegin()->second; }
    /// By its first number, the last one of each run.
    [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& runs() const { return runs_; }

private:
    std::map<std::uint64_t, std::uint64_t> runs_;
    std::uint64_t size_ = 0;
};

/// Numbers to name in a report: all are counted, the first runs of them are kept.
class NamedNumbers {
public:
    static constexpr std::size_t kMostRuns = 1000;

    void add(std::uint64_t number) { add({number, number}); }
    void add(const NumberRange& run);
    void add_all(const NamedNumbers& other);
    /// With each time that one came again.
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& runs() const {
        return named_.runs();
    }

private:
    std::uint64_t count_ = 0;
    NumberSet named_;
};

}  // namespace bridge::verify
