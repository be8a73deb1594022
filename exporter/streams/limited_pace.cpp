// SPDX-License-Identifier: MIT
#include "exporter/streams/limited_pace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "exporter/loki/push_outcome.h"

namespace exporter {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {{{" bytes", 1},
                                                                        {"KiB", 1024},
                                                                        {"MiB", 1024.0 * 1024},
                                                                        {"KB", 1024},
                                                                        {"kB", 1024},
                                                                        {"MB", 1024.0 * 1024},
                                                                        {"B", 1}}};

/// Of the limit: a little more at each push that is taken, less at each that is not.
constexpr double kFaster = 1.02;
constexpr double kSlower = 0.9;
/// Half of what comes in a second: most bursts have room for it.
constexpr double kPushSeconds = 0.5;
/// Refusals in a row that no wait explains: the push is larger than the burst.
constexpr int kRefusalsOfABurst = 2;
constexpr std::size_t kSmallestPush = 512;
/// Of what comes in a second: no burst is set to less. What is smaller was refused for what others
/// push, and in pieces it would be refused all the same.
constexpr double kSmallestShare = 0.01;
/// After as many that were taken, larger ones are tried again.
constexpr int kTakenBeforeLarger = 256;
constexpr std::size_t kLargestPush = 4U << 20U;
constexpr std::chrono::seconds kLongestWait{30};

}  // namespace

std::optional<ToldLimit> told_limit(std::string_view body) {
    constexpr std::string_view kLimit = "(limit: ";
    body = before_labels(body);
    const std::size_t at = body.find(kLimit);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view text = body.substr(at + kLimit.size());
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || !(number > 0)) {
        return std::nullopt;
    }
    const std::string_view behind = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [unit, factor] : kUnits) {
        if (behind.starts_with(unit) && behind.substr(unit.size()).starts_with("/sec)")) {
            return ToldLimit{number * factor,
                             body.substr(0, at).find("Per stream") != std::string_view::npos};
        }
    }
    return std::nullopt;
}

void LimitedPace::wait_for(std::size_t bytes, base::SteadyTime now) {
    const std::chrono::duration<double> wait(static_cast<double>(bytes) / rate_);
    free_at_ = now + std::chrono::duration_cast<base::SteadyTime::duration>(
                         std::min<std::chrono::duration<double>>(wait, kLongestWait));
}

void LimitedPace::pushed(std::size_t bytes, base::SteadyTime now) {
    refusals_ = 0;
    if (rate_ <= 0) {
        return;
    }
    rate_ *= kFaster;
    wait_for(bytes, now);
    if (++taken_ % kTakenBeforeLarger == 0 && largest_ < kLargestPush) {
        largest_ *= 2;
    }
}

void LimitedPace::refused(double bytes_per_second, std::size_t bytes, base::SteadyTime now) {
    taken_ = 0;
    ++refusals_;
    // A limit that was changed meanwhile counts at once.
    rate_ = rate_ > 0 ? std::clamp(rate_ * kSlower, bytes_per_second / 2, bytes_per_second * 2)
                      : bytes_per_second;
    const auto in_a_second = static_cast<std::size_t>(
        std::min(bytes_per_second * kPushSeconds, static_cast<double>(kLargestPush)));
    const std::size_t fits = std::max(kSmallestPush, in_a_second);
    const auto share = static_cast<std::size_t>(
        std::min(bytes_per_second * kSmallestShare, static_cast<double>(kLargestPush)));
    shares_limit_ = refusals_ > 1 || bytes < share;
    largest_ = largest_ == 0 ? fits : std::min(largest_, fits);
    if (refusals_ > kRefusalsOfABurst) {
        largest_ = std::max({kSmallestPush, share, std::min(largest_, bytes) / 2});
    }
    wait_for(std::min(bytes, largest_), now);
}

}  // namespace exporter
