// SPDX-License-Identifier: MIT
#include "tailer/files/file_table.h"

#include <random>
#include <set>
#include <unordered_map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/files/file_index.h"

namespace tailer {
namespace {

using testing::ElementsAre;

KnownFile file_of(std::uint64_t inode) {
    KnownFile file;
    file.identity.inode = inode;
    return file;
}

std::vector<FileId> ids_in(const FileTable& table) {
    std::vector<FileId> ids;
    table.for_each([&ids](FileId id, const KnownFile&) { ids.push_back(id); });
    return ids;
}

TEST(FileTableTest, FindsWhatIsThereAndNothingElse) {
    FileTable table;
    EXPECT_EQ(table.find(0), nullptr);
    EXPECT_EQ(table.find(1), nullptr);
    EXPECT_EQ(table.add(file_of(7)), 1U);
    EXPECT_EQ(table.add(file_of(8)), 2U);
    EXPECT_EQ(table.find(1)->identity.inode, 7U);
    EXPECT_EQ(table.at(2).identity.inode, 8U);
    table.erase(1);
    EXPECT_EQ(table.find(1), nullptr);
    EXPECT_EQ(table.find(3), nullptr);
    EXPECT_THROW(static_cast<void>(table.at(1)), std::out_of_range);
    EXPECT_THROW(table.erase(1), std::out_of_range);
    EXPECT_THAT(ids_in(table), ElementsAre(2U));
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(table.last_id(), 2U);
}

TEST(FileTableTest, HoldsWhatASetHoldsThroughComingAndGoing) {
    std::mt19937_64 random(7);
    FileTable table;
    std::set<FileId> there;
    const KnownFile* first = &table.at(table.add(file_of(0)));
    there.insert(1);
    for (int i = 0; i < 20'000; ++i) {
        // Grows at first, and shrinks to nearly nothing later.
        if (random() % 20'000 > static_cast<std::uint64_t>(i)) {
            there.insert(table.add(file_of(table.last_id())));
        } else if (there.size() > 1) {
            const auto at = std::next(
                there.begin(), 1 + static_cast<std::ptrdiff_t>(random() % (there.size() - 1)));
            table.erase(*at);
            there.erase(at);
        }
        ASSERT_EQ(table.size(), there.size());
    }
    EXPECT_EQ(ids_in(table), std::vector<FileId>(there.begin(), there.end()));
    for (FileId id = 0; id <= table.last_id() + 100; ++id) {
        const KnownFile* file = table.find(id);
        ASSERT_EQ(file != nullptr, there.contains(id)) << id;
        EXPECT_TRUE(file == nullptr || file->identity.inode + 1 == id);
    }
    EXPECT_EQ(table.find(1), first) << "a file stays where it is";
    table.erase(1);
    EXPECT_EQ(table.find(1), nullptr);
}

TEST(FileIndexTest, FindsWhatAMapFindsThroughComingAndGoing) {
    // Hashes that collide a lot: eight values, and the lowest bits alike.
    const auto hash = [](std::uint64_t key) { return key % 8 * 0x9E37'0000'0000'0010; };
    std::mt19937_64 random(7);
    std::vector<std::uint64_t> keys = {0};  // by id
    const auto hash_of = [&](FileId id) { return hash(keys[id]); };
    const auto has = [&](std::uint64_t key) {
        return [&keys, key](FileId id) { return keys[id] == key; };
    };
    FileIndex index;
    std::unordered_map<std::uint64_t, FileId> map;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t key = random() % 100;
        if (random() % 2 == 0) {
            keys.push_back(key);
            const FileId id = keys.size() - 1;
            index.assign(id, has(key), hash_of);
            map[key] = id;
        } else if (const auto at = map.find(key); at != map.end()) {
            index.erase(at->second, hash_of);
            map.erase(at);
        }
        const std::uint64_t wanted = random() % 100;
        const auto found = map.find(wanted);
        ASSERT_EQ(index.find(hash(wanted), has(wanted)), found == map.end() ? 0 : found->second);
    }
}

TEST(FileIndexTest, LeavesAnotherIdOfTheSameKeyAlone) {
    const auto hash_of = [](FileId) { return std::size_t{5}; };
    const auto any = [](FileId) { return true; };
    FileIndex index;
    EXPECT_EQ(index.find(5, any), 0U);
    index.erase(1, hash_of);
    index.assign(1, any, hash_of);
    index.assign(2, any, hash_of);
    index.erase(1, hash_of);
    EXPECT_EQ(index.find(5, any), 2U);
    index.erase(2, hash_of);
    EXPECT_EQ(index.find(5, any), 0U);
}

}  // namespace
}  // namespace tailer
