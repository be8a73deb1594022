// SPDX-License-Identifier: MIT
#include "exporter/loki/batch.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/loki/push_request.h"

namespace exporter {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(const SealedBatch& batch) {
    std::vector<std::string> lines;
    for (const auto& entry : decode_entries(batch.entries())) {
        lines.emplace_back(entry.line);
    }
    return lines;
}

/// Every slot names just the bytes of its own entry.
void expect_slots_fit(const SealedBatch& batch) {
    const auto entries = decode_entries(batch.entries());
    ASSERT_EQ(entries.size(), batch.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& slot = batch.slots()[i];
        EXPECT_EQ(slot.begin, at);
        EXPECT_EQ(slot.timestamp_ns, entries[i].timestamp_ns);
        const auto alone = batch.entries().substr(slot.begin, slot.size);
        ASSERT_EQ(decode_entries(alone).size(), 1U);
        EXPECT_EQ(decode_entries(alone)[0].line, entries[i].line);
        at += slot.size;
    }
    EXPECT_EQ(at, batch.bytes());
}

TEST(BatchTest, SealsEntriesInTheOrderOfTime) {
    Batch batch;
    batch.add({30, "c", {}, {1, 3}});
    batch.add({10, "a", {}, {1, 1}});
    batch.add({20, "b", {}, {1, 2}});
    const SealedBatch sealed = batch.seal();
    EXPECT_THAT(lines_of(sealed), ElementsAre("a", "b", "c"));
    EXPECT_EQ(sealed.slots()[0].ticket, (Ticket{1, 1}));
    EXPECT_EQ(sealed.slots()[2].ticket, (Ticket{1, 3}));
    expect_slots_fit(sealed);
}

constexpr std::size_t kAnySize = 1'000'000;
constexpr std::chrono::hours kAnySpan{1};

TEST(BatchTest, OfSealedOnesItIsAsIfTheirEntriesWereGathered) {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        Batch joined;
        Batch gathered;
        std::uint64_t number = 0;
        for (std::uint64_t batches = random() % 4; batches > 0; --batches) {
            Batch some;
            for (std::uint64_t entries = random() % 10; entries > 0; --entries) {
                const std::string line = "line " + std::to_string(++number);
                some.add({static_cast<std::int64_t>(random() % 10), line, {}, {1, number}});
            }
            const SealedBatch sealed = some.seal();
            for (std::size_t i = 0; i < sealed.size(); ++i) {
                const SealedBatch part = sealed.part(i, i + 1);
                const auto entry = decode_entries(part.entries()).at(0);
                gathered.add({entry.timestamp_ns, entry.line, {}, sealed.slots()[i].ticket});
            }
            EXPECT_TRUE(joined.add(sealed, kAnySize, kAnySpan));
        }
        EXPECT_EQ(joined.oldest_ns(), gathered.oldest_ns());
        EXPECT_EQ(joined.span_with(5), gathered.span_with(5));
        const SealedBatch wanted = gathered.seal();
        const SealedBatch sealed = joined.seal();
        EXPECT_EQ(sealed.entries(), wanted.entries());
        expect_slots_fit(sealed);
        ASSERT_EQ(sealed.size(), wanted.size());
        for (std::size_t i = 0; i < sealed.size(); ++i) {
            EXPECT_EQ(sealed.slots()[i].ticket, wanted.slots()[i].ticket);
        }
    }
}

TEST(BatchTest, TakesOnlyWhatFitsInBySizeAndByTime) {
    const auto of = [](std::int64_t first_ns, std::int64_t last_ns) {
        Batch batch;
        batch.add({first_ns, "a", {}, {}});
        batch.add({last_ns, "b", {}, {}});
        return batch.seal();
    };
    const auto fit = [&](const SealedBatch& first, const SealedBatch& second,
                         std::size_t most_bytes, std::int64_t span_ns) {
        Batch batch;
        EXPECT_TRUE(batch.add(first, kAnySize, std::chrono::nanoseconds::max()));
        const std::size_t before = batch.bytes();
        const bool fits = batch.add(second, most_bytes, std::chrono::nanoseconds(span_ns));
        EXPECT_EQ(batch.bytes(), before + (fits ? second.bytes() : 0));
        EXPECT_EQ(batch.seal().size(), fits ? 4U : 2U);
        return fits;
    };
    const SealedBatch batch = of(100, 200);
    const std::size_t both = batch.bytes() + of(150, 160).bytes();
    EXPECT_TRUE(fit(batch, of(150, 160), both, 100));
    EXPECT_FALSE(fit(batch, of(150, 160), both - 1, 100));
    EXPECT_TRUE(fit(batch, of(90, 210), kAnySize, 120));
    EXPECT_FALSE(fit(batch, of(90, 210), kAnySize, 119));
    EXPECT_TRUE(fit(batch, of(300, 400), kAnySize, 300));
    EXPECT_FALSE(fit(batch, of(300, 401), kAnySize, 300));
    EXPECT_FALSE(fit(batch, of(0, 100), kAnySize, 199));
    EXPECT_FALSE(fit(of(INT64_MIN, 0 - INT64_MAX), of(0, INT64_MAX), kAnySize, INT64_MAX));
}

TEST(BatchTest, KeepsTheOrderOfAddingWithinOneInstant) {
    Batch batch;
    batch.add({10, "first", {}, {}});
    batch.add({10, "second", {}, {}});
    batch.add({5, "oldest", {}, {}});
    batch.add({10, "third", {}, {}});
    EXPECT_THAT(lines_of(batch.seal()), ElementsAre("oldest", "first", "second", "third"));
}

TEST(BatchTest, SortsManyEntriesOfManySizes) {
    std::mt19937_64 random(3);
    Batch batch;
    for (int i = 0; i < 1000; ++i) {
        const std::string line(random() % 300, 'x');
        batch.add({static_cast<std::int64_t>(random() % 500), line, {}, {}});
    }
    const SealedBatch sealed = batch.seal();
    EXPECT_TRUE(std::ranges::is_sorted(sealed.slots(), {}, &SealedBatch::Slot::timestamp_ns));
    expect_slots_fit(sealed);
}

TEST(BatchTest, IsEmptyAndForgetsItsOrderAfterSealing) {
    Batch batch;
    batch.add({20, "b", {}, {}});
    batch.add({10, "a", {}, {}});
    EXPECT_FALSE(batch.empty());
    EXPECT_GT(batch.bytes(), 0U);
    static_cast<void>(batch.seal());
    EXPECT_TRUE(batch.empty());
    EXPECT_EQ(batch.bytes(), 0U);
    EXPECT_EQ(batch.oldest_ns(), std::nullopt);
    batch.add({30, "next", {}, {}});
    EXPECT_EQ(batch.oldest_ns(), 30);
    EXPECT_THAT(lines_of(batch.seal()), ElementsAre("next"));
}

TEST(BatchTest, KnowsItsOldestEntryWhateverTheOrder) {
    Batch batch;
    EXPECT_EQ(batch.oldest_ns(), std::nullopt);
    batch.add({20, "b", {}, {}});
    EXPECT_EQ(batch.oldest_ns(), 20);
    batch.add({10, "a", {}, {}});
    batch.add({15, "c", {}, {}});
    EXPECT_EQ(batch.oldest_ns(), 10);
}

TEST(BatchTest, SealsNothingAsAnEmptyBatch) {
    Batch batch;
    const SealedBatch sealed = batch.seal();
    EXPECT_EQ(sealed.size(), 0U);
    EXPECT_EQ(sealed.bytes(), 0U);
}

TEST(SealedBatchTest, EveryPartIsABatchOfItsOwn) {
    Batch batch;
    const std::string text(300, 'x');
    for (std::int64_t i = 0; i < 8; ++i) {
        batch.add({i,
                   std::string_view(text).substr(0, static_cast<std::size_t>(i) * 40),
                   {},
                   {7, static_cast<std::uint64_t>(i)}});
    }
    const SealedBatch whole = batch.seal();
    for (std::size_t first = 0; first <= whole.size(); ++first) {
        for (std::size_t last = first; last <= whole.size(); ++last) {
            const SealedBatch part = whole.part(first, last);
            ASSERT_EQ(part.size(), last - first);
            expect_slots_fit(part);
            for (std::size_t i = 0; i < part.size(); ++i) {
                EXPECT_EQ(part.slots()[i].ticket, whole.slots()[first + i].ticket);
            }
        }
    }
}

}  // namespace
}  // namespace exporter
