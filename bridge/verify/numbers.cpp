// SPDX-License-Identifier: MIT
#include "bridge/verify/numbers.h"

#include <algorithm>
#include <iterator>

namespace bridge::verify {

bool NumberSet::insert(std::uint64_t number) {
    auto next = runs_.upper_bound(number);
    const bool joins_next = next != runs_.end() && next->first - 1 == number;
    const auto before = next == runs_.begin() ? runs_.end() : std::prev(next);
    if (before != runs_.end() && before->second >= number) {
        return false;
    }
    ++size_;
    const bool joins_before = before != runs_.end() && before->second + 1 == number;
    const std::uint64_t end = joins_next ? next->second : number;
    if (joins_next) {
        runs_.erase(next);
    }
    if (joins_before) {
        before->second = end;
    } else {
        runs_.emplace(number, end);
    }
    return true;
}

bool NumberSet::contains(std::uint64_t number) const {
    const auto next = runs_.upper_bound(number);
    return next != runs_.begin() && std::prev(next)->second >= number;
}

void NumberSet::insert_run(const NumberRange& run) {
    std::uint64_t begin = run.first;
    std::uint64_t end = run.second;
    auto at = runs_.upper_bound(begin);
    if (at != runs_.begin() && std::prev(at)->second + 1 >= begin) {
        --at;
    }
    while (at != runs_.end() && (end == UINT64_MAX || at->first <= end + 1)) {
        begin = std::min(begin, at->first);
        end = std::max(end, at->second);
        size_ -= at->second - at->first + 1;
        at = runs_.erase(at);
    }
    runs_.emplace(begin, end);
    size_ += end - begin + 1;
}

void NumberSet::merge(const NumberSet& other) {
    for (const auto& run : other.runs_) {
        insert_run(run);
    }
}

bool NumberSet::meets(const NumberSet& other) const {
    return std::ranges::any_of(other.runs_, [this](const auto& run) {
        const auto next = runs_.upper_bound(run.second);
        return next != runs_.begin() && std::prev(next)->second >= run.first;
    });
}

void NamedNumbers::add(const NumberRange& run) {
    count_ += run.second - run.first + 1;
    if (named_.runs().size() < kMostRuns) {
        named_.insert_run(run);
    }
}

void NamedNumbers::add_all(const NamedNumbers& other) {
    const std::uint64_t sum = count_ + other.count_;
    for (const auto& run : other.runs()) {
        add(run);
    }
    count_ = sum;  // the other may have counted more than it named
}

}  // namespace bridge::verify
