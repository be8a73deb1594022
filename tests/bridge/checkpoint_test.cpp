// SPDX-License-Identifier: MIT
#include "bridge/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace bridge {
namespace {

using testing::HasSubstr;

Checkpoint sample() {
    Checkpoint checkpoint;
    checkpoint.files = {
        {"/tmp/boundary_logs", "boundary-2026-06-09_12-00-00-1.log", {7, 5}, 42, ""},
        {"/tmp/with \"quotes\" \\ and\nnewline",
         "caf\xC3\xA9.log",
         {UINT64_MAX, 0},
         UINT64_MAX,
         ""},
        {"/tmp/x", "renamed", {1, -1'780'000'000'000'000'000}, 1, "boundary-x-1"},
        {"/tmp/x", "unread.log", {2, 1}, 0, ""},
    };
    checkpoint.high_water = {{R"({job="boundary"})", 1'780'000'000'000'000'005},
                             {R"({job="boundary", owner="a \"b\"\n"})", INT64_MIN}};
    checkpoint.clean = true;
    return checkpoint;
}

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
    ASSERT_EQ(a.files.size(), b.files.size());
    for (std::size_t i = 0; i < a.files.size(); ++i) {
        EXPECT_EQ(a.files[i].folder, b.files[i].folder);
        EXPECT_EQ(a.files[i].name, b.files[i].name);
        EXPECT_EQ(a.files[i].identity, b.files[i].identity);
        EXPECT_EQ(a.files[i].offset, b.files[i].offset);
        EXPECT_EQ(a.files[i].session, b.files[i].session);
    }
    EXPECT_EQ(a.high_water, b.high_water);
    EXPECT_EQ(a.clean, b.clean);
}

/// The text with a last line that fits it, as if it had been written so.
std::string sealed(std::string body) {
    const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
    return body + "{\"crc32\":" + std::to_string(sum) + "}\n";
}

TEST(CheckpointTest, DecodesWhatItEncoded) {
    const auto decoded = decode_checkpoint(encode_checkpoint(sample()));
    ASSERT_TRUE(decoded.has_value());
    expect_equal(*decoded, sample());
}

TEST(CheckpointTest, AnEmptyOneIsOneToo) {
    const auto decoded = decode_checkpoint(encode_checkpoint({}));
    ASSERT_TRUE(decoded.has_value());
    expect_equal(*decoded, {});
}

TEST(CheckpointTest, KeepsThousandsOfFiles) {
    Checkpoint many;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        many.files.push_back(
            {"/tmp/boundary_logs", "boundary-" + std::to_string(i) + ".log", {i, 1}, i + 1, ""});
    }
    const auto decoded = decode_checkpoint(encode_checkpoint(many));
    ASSERT_TRUE(decoded.has_value());
    expect_equal(*decoded, many);
}

TEST(CheckpointTest, RefusesOneThatIsCutAtAnyLength) {
    const std::string whole = encode_checkpoint(sample());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode_checkpoint(whole.substr(0, length)).has_value()) << length;
    }
}

TEST(CheckpointTest, RefusesOneWithAnyBitChanged) {
    const std::string whole = encode_checkpoint(sample());
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string changed = whole;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
            EXPECT_FALSE(decode_checkpoint(changed).has_value()) << at << " bit " << bit;
        }
    }
}

TEST(CheckpointTest, RefusesWhatStandsBehindItsEnd) {
    const std::string whole = encode_checkpoint(sample());
    EXPECT_FALSE(decode_checkpoint(whole + "x").has_value());
    EXPECT_FALSE(decode_checkpoint(whole + whole).has_value());
}

struct AlienCase {
    const char* says;
    std::string text;
};

TEST(CheckpointTest, RefusesWhatIsNoCheckpointOfAKnownVersion) {
    const std::string head = R"({"boundary_loki_checkpoint":1,"clean":true,"files":0,"streams":0})";
    const AlienCase cases[] = {
        {"another file", "hello\n"},
        {"JSON of another kind", sealed("{\"a\":1}\n")},
        {"no lines at all", sealed("")},
        {"a later version",
         sealed("{\"boundary_loki_checkpoint\":2,\"clean\":true,\"files\":0,\"streams\":0}\n")},
        {"a version that is no number",
         sealed("{\"boundary_loki_checkpoint\":\"1\",\"clean\":true,\"files\":0,\"streams\":0}\n")},
        {"a head that lacks its end", sealed(head)},
        {"a head that lacks a member", sealed("{\"boundary_loki_checkpoint\":1,\"clean\":true}\n")},
        {"a file line without an offset",
         sealed("{\"boundary_loki_checkpoint\":1,\"clean\":true,\"files\":1,\"streams\":0}\n"
                "{\"folder\":\"/a\",\"name\":\"b\",\"inode\":1,\"birth_ns\":1}\n")},
        {"a negative offset",
         sealed("{\"boundary_loki_checkpoint\":1,\"clean\":true,\"files\":1,\"streams\":0}\n"
                "{\"folder\":\"/a\",\"name\":\"b\",\"inode\":1,\"birth_ns\":1,\"offset\":-1}\n")},
        {"a stream line without a time",
         sealed("{\"boundary_loki_checkpoint\":1,\"clean\":true,\"files\":0,\"streams\":1}\n"
                "{\"stream\":\"{}\"}\n")},
        {"a line of neither kind", sealed(head + "\n{\"other\":1}\n")},
        {"a line that is no JSON", sealed(head + "\nhello\n")},
        {"an empty line", sealed(head + "\n\n")},
        {"fewer lines than the head says",
         sealed("{\"boundary_loki_checkpoint\":1,\"clean\":true,\"files\":1,\"streams\":0}\n")},
    };
    ASSERT_TRUE(decode_checkpoint(sealed(head + "\n")).has_value());
    for (const auto& test : cases) {
        const auto decoded = decode_checkpoint(test.text);
        ASSERT_FALSE(decoded.has_value()) << test.says;
        EXPECT_THAT(decoded.error().message, HasSubstr("checkpoint")) << test.says;
    }
}

}  // namespace
}  // namespace bridge
