// SPDX-License-Identifier: MIT
#include "tailer/files/decompressed.h"

#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"
#include "tests/tailer/files/packed.h"

namespace tailer {
namespace {

using test_support::gzip;
using test_support::TempDir;
using test_support::zstd;

base::UniqueFd open_file(const std::string& path) {
    return base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::string content_of(int fd) {
    std::string content;
    std::array<char, 65536> chunk{};
    ::ssize_t got = 0;
    while ((got = ::pread(fd, chunk.data(), chunk.size(), static_cast<::off_t>(content.size()))) >
           0) {
        content.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return content;
}

base::Result<std::string> unpack(const std::string& path) {
    auto fd = decompressed(open_file(path), path);
    if (!fd) {
        return tl::unexpected(fd.error());
    }
    return content_of(fd->get());
}

/// Text that packs badly, so that packed sizes are near the plain ones.
std::string noise(std::size_t size) {
    std::mt19937 random(5);
    std::uniform_int_distribution<int> any('!', '~');
    std::string text(size, '\0');
    for (char& c : text) {
        c = static_cast<char>(any(random));
    }
    return text;
}

std::string log_text(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) {
        text += "time=2026-06-09T12:00:00.000Z level=INFO msg=line n=" + std::to_string(i) + "\n";
    }
    return text.substr(0, size);
}

TEST(DecompressedTest, GivesAPlainFileAsItIs) {
    const TempDir dir;
    const std::string path = dir.append("a.log", "plain");
    auto file = open_file(path);
    const int own = file.get();
    const auto fd = decompressed(std::move(file), "a.log");
    ASSERT_TRUE(fd);
    EXPECT_EQ(fd->get(), own);
    EXPECT_EQ(content_of(fd->get()), "plain");
}

TEST(DecompressedTest, UnpacksWholeArchivesOfAnySize) {
    const TempDir dir;
    // Around the sizes of zstd's blocks and of the chunks that are read.
    constexpr std::size_t kChunk = 128U << 10U;
    const std::size_t sizes[] = {0,       1,          kChunk - 1,     kChunk,         kChunk + 1,
                                 200'000, 2 * kChunk, 2 * kChunk + 1, 3 * kChunk + 7, 3'000'000};
    int number = 0;
    for (const std::size_t size : sizes) {
        for (const auto& plain : {log_text(size), noise(size), std::string(size, 'x')}) {
            SCOPED_TRACE(size);
            const std::string name = std::to_string(number++);
            const auto from_gzip = unpack(dir.append(name + ".gz", gzip(plain)));
            ASSERT_TRUE(from_gzip) << from_gzip.error().message;
            EXPECT_TRUE(*from_gzip == plain);
            for (const bool checksum : {true, false}) {
                const std::string zst = name + (checksum ? "c.zst" : ".zst");
                const auto from_zstd = unpack(dir.append(zst, zstd(plain, checksum)));
                ASSERT_TRUE(from_zstd) << from_zstd.error().message << " checksum " << checksum;
                EXPECT_TRUE(*from_zstd == plain) << checksum;
            }
        }
    }
}

TEST(DecompressedTest, UnpacksArchivesOfSeveralParts) {
    const TempDir dir;
    EXPECT_EQ(unpack(dir.append("a.gz", gzip("one\n") + gzip("two\n"))).value(), "one\ntwo\n");
    EXPECT_EQ(unpack(dir.append("a.zst", zstd("one\n") + zstd("two\n", false))).value(),
              "one\ntwo\n");
}

TEST(DecompressedTest, AnArchiveOfNothingIsEmpty) {
    const TempDir dir;
    EXPECT_EQ(unpack(dir.append("a.gz", "")).value(), "");
    EXPECT_EQ(unpack(dir.append("a.zst", "")).value(), "");
}

TEST(DecompressedTest, NamesAnArchiveThatWasCut) {
    const TempDir dir;
    const std::string plain = log_text(400'000) + noise(1000);
    const std::string packs[] = {gzip(plain), zstd(plain)};
    const std::string suffixes[] = {".gz", ".zst"};
    int number = 0;
    for (std::size_t form = 0; form < 2; ++form) {
        const std::string& packed = packs[form];
        for (const std::size_t length : {std::size_t{4}, std::size_t{11}, packed.size() / 3,
                                         packed.size() / 2, packed.size() - 5, packed.size() - 1}) {
            const std::string name = "cut" + std::to_string(number++) + suffixes[form];
            const auto unpacked = unpack(dir.append(name, packed.substr(0, length)));
            ASSERT_FALSE(unpacked) << name << " " << length;
            EXPECT_NE(unpacked.error().message.find(name), std::string::npos)
                << unpacked.error().message;
        }
    }
}

TEST(DecompressedTest, NamesAnArchiveThatIsDamaged) {
    const TempDir dir;
    const std::string plain = log_text(400'000) + noise(1000);
    int number = 0;
    for (const std::string suffix : {".gz", ".zst"}) {
        const std::string packed = suffix == ".gz" ? gzip(plain) : zstd(plain);
        for (const std::size_t at : {packed.size() / 3, packed.size() / 2, packed.size() - 2}) {
            std::string damaged = packed;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
            const std::string name = "damaged" + std::to_string(number++) + suffix;
            const auto unpacked = unpack(dir.append(name, damaged));
            ASSERT_FALSE(unpacked) << name << " " << at;
            EXPECT_NE(unpacked.error().message.find(name), std::string::npos)
                << unpacked.error().message;
        }
    }
    EXPECT_FALSE(unpack(dir.append("text.zst", "time=2026-06-09T12:00:00Z level=INFO msg=x\n")));
}

TEST(DecompressedTest, NamesAnArchiveThatHoldsAnother) {
    const TempDir dir;
    std::string tar(512, '\0');
    tar.replace(257, 5, "ustar");
    for (const auto& [content, kind] : {std::pair{tar, "tar"},
                                        {std::string("\xFD"
                                                     "7zXZ\0",
                                                     6),
                                         "xz"},
                                        {"BZh9", "bzip2"},
                                        {"PK\x03\x04", "zip"},
                                        {"\x04\x22\x4D\x18", "lz4"},
                                        {gzip("x"), "gzip"},
                                        {zstd("x"), "zstd"}}) {
        const auto unpacked = unpack(dir.append(std::string("a.") + kind + ".gz", gzip(content)));
        ASSERT_FALSE(unpacked) << kind;
        EXPECT_NE(unpacked.error().message.find(std::string("a ") + kind + " archive"),
                  std::string::npos)
            << unpacked.error().message;
    }
}

TEST(DecompressedTest, LeavesNoTemporaryFileBehind) {
    const TempDir dir;
    const std::string path = dir.append("a.zst", zstd("content"));
    ASSERT_EQ(::setenv("TMPDIR", dir.path().c_str(), 1), 0);
    const auto fd = decompressed(open_file(path), "a.zst");
    ::unsetenv("TMPDIR");
    ASSERT_TRUE(fd);
    EXPECT_EQ(content_of(fd->get()), "content");
    const std::filesystem::directory_iterator files(dir.path());
    EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "only the archive itself";
}

TEST(DecompressedTest, TellsWhenThereIsNoRoomForTheContent) {
    const TempDir dir;
    const std::string path = dir.append("a.zst", zstd("content"));
    std::filesystem::create_directory(dir.file("temporary"));
    ASSERT_EQ(::setenv("TMPDIR", dir.file("temporary").c_str(), 1), 0);
    std::filesystem::remove(dir.file("temporary"));
    const auto fd = decompressed(open_file(path), "a.zst");
    ::unsetenv("TMPDIR");
    EXPECT_FALSE(fd);
}

}  // namespace
}  // namespace tailer
