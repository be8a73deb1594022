// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace bridge {
namespace {

using tailer::CompactName;
using testing::HasSubstr;

Checkpoint sample() {
    Checkpoint checkpoint;
    checkpoint.files = {
        {"/tmp/boundary_logs",
         {{CompactName("boundary-2026-06-09_12-00-00-1.log"), {7, 5}, 42, "", UINT32_MAX}}},
        {"/tmp/with \"quotes\" \\ and\nnewline",
         {{CompactName("caf\xC3\xA9.log"), {UINT64_MAX, 0}, UINT64_MAX, "", 0, {7, UINT32_MAX}}}},
        {"/tmp/x",
         {{CompactName("renamed"), {1, -1'780'000'000'000'000'000}, 1, "boundary-x-1"},
          {CompactName("in flight.log"), {3, 1}, 0, "", 9, {0, 0}, UINT32_MAX},
          {CompactName("unread.log"), {2, 1}, 0, ""}}},
    };
    checkpoint.high_water = {{R"({job="boundary"})", 1'780'000'000'000'000'005},
                             {R"({job="boundary", owner="a \"b\"\n"})", INT64_MIN}};
    checkpoint.kept_origins = {0, 1, UINT64_MAX};
    checkpoint.newest_segment = 42;
    checkpoint.segments = {
        {40, R"({job="boundary"})", 0, 0, {{"boundary-x-1", true, "0-5,7", 9}}},
        {41, R"({job="a \"b\""})", 0, 0, {{"s", false, "3", -1}, {"", true, "0", 0}}},
        {42, "{}", 0, 0}};
    checkpoint.spool_id = UINT64_MAX;
    checkpoint.clean = true;
    return checkpoint;
}

/// One line of text a file.
std::vector<std::string> rows(const Checkpoint& checkpoint) {
    std::vector<std::string> rows;
    for (const auto& [folder, files] : checkpoint.files) {
        for (const auto& file : files) {
            rows.push_back(
                folder + "|" + file.name.text() + "|" + std::to_string(file.identity.inode) + "|" +
                std::to_string(file.identity.birth_ns) + "|" + std::to_string(file.offset) + "|" +
                file.session + "|" + std::to_string(file.fingerprint) + "|" +
                std::to_string(file.counts.decisions) + "|" + std::to_string(file.counts.lines) +
                "|" + std::to_string(file.ahead));
        }
    }
    return rows;
}

/// One line of text for what each segment holds of a session.
std::vector<std::string> rows(const std::vector<exporter::Spool::Segment>& segments) {
    std::vector<std::string> rows;
    for (const auto& segment : segments) {
        const std::string head = std::to_string(segment.sequence) + "|" + segment.labels;
        rows.push_back(head);
        for (const auto& holding : segment.holds) {
            rows.push_back(head + "|" + holding.session + (holding.decisions ? "|d|" : "|n|") +
                           holding.numbers + "|" + std::to_string(holding.first_ns));
        }
    }
    return rows;
}

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
    EXPECT_EQ(rows(a), rows(b));
    EXPECT_EQ(a.high_water, b.high_water);
    EXPECT_EQ(a.kept_origins, b.kept_origins);
    EXPECT_EQ(a.newest_segment, b.newest_segment);
    EXPECT_EQ(rows(a.segments), rows(b.segments));
    EXPECT_EQ(a.spool_id, b.spool_id);
    EXPECT_EQ(a.clean, b.clean);
}

std::uint32_t crc_of(std::string_view text) {
    return static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

/// The text with a last line that fits it, as if it had been written so.
std::string sealed(const std::string& body) {
    return body + "{\"crc32\":" + std::to_string(crc_of(body)) + "}\n";
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
        many.files["/tmp/boundary_logs"].push_back(
            {CompactName("boundary-" + std::to_string(i) + ".log"), {i, 1}, i + 1, ""});
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

TEST(CheckpointTest, RefusesASecondWholeGroup) {
    const std::string whole = encode_checkpoint(sample());
    const std::string head = "{\"boundary_loki_checkpoint\":3,\"clean\":true}\n";
    EXPECT_FALSE(decode_checkpoint(sealed(whole + head)).has_value());
}

/// A group of changes, as it stands behind `before`.
std::string changes(const std::string& before, const std::function<void(CheckpointWriter&)>& fill) {
    std::string out;
    CheckpointWriter writer(
        [&out](std::string_view piece) {
            out += piece;
            return base::Result<void>();
        },
        crc_of(before));
    fill(writer);
    EXPECT_TRUE(writer.end().has_value());
    EXPECT_EQ(writer.bytes(), out.size());
    EXPECT_EQ(writer.crc(), crc_of(before + out));
    return out;
}

/// sample() with two groups behind it, and what stands in the file after each of the three.
struct Grown {
    std::vector<std::string> texts;
    std::vector<Checkpoint> states;
};

Grown grown() {
    Grown result;
    Checkpoint state = sample();
    std::string text = encode_checkpoint(state);
    const auto add = [&] {
        result.texts.push_back(text);
        result.states.push_back(state);
    };
    add();
    text += changes(text, [](CheckpointWriter& writer) {
        writer.begin_changes(false);
        writer.file("/tmp/boundary_logs",
                    {CompactName("boundary-2026-06-09_12-00-00-1.log"), {7, 5}, 84});
        writer.file("/tmp/boundary_logs", {CompactName("new.log"), {8, 6}, 0, "", 0, {0, 0}});
        writer.gone("/tmp/x", 2);
        writer.stream(R"({job="boundary"})", 6);
        writer.spooled({43, "{}", 0, 0, {{"boundary-x-1", false, "8", 10}}});
        writer.unspooled(41);
        writer.unspooled(40);
        writer.unspooled(7);  // never heard of
    });
    auto& logs = state.files["/tmp/boundary_logs"];
    logs[0].offset = 84;
    logs[0].fingerprint = 0;
    logs.push_back({CompactName("new.log"), {8, 6}, 0, "", 0, {0, 0}});
    state.files["/tmp/x"].pop_back();
    state.high_water[R"({job="boundary"})"] = 6;
    state.segments.erase(state.segments.begin(), state.segments.begin() + 2);
    state.segments.push_back({43, "{}", 0, 0, {{"boundary-x-1", false, "8", 10}}});
    state.clean = false;
    add();
    text += changes(text, [](CheckpointWriter& writer) {
        writer.begin_changes(true);
        writer.gone("/tmp/boundary_logs", 8);
        writer.gone("/tmp/boundary_logs", 99);  // never heard of
        writer.file("/tmp/x", {CompactName("used again"), {2, 77}, 3});
    });
    logs.pop_back();
    state.files["/tmp/x"].push_back({CompactName("used again"), {2, 77}, 3, ""});
    state.clean = true;
    add();
    return result;
}

TEST(CheckpointTest, ChangesThatWereAppendedBelongToIt) {
    const Grown all = grown();
    for (std::size_t i = 0; i < all.texts.size(); ++i) {
        const auto decoded = decode_checkpoint(all.texts[i]);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
        expect_equal(*decoded, all.states[i]);
    }
}

TEST(CheckpointTest, CutAtAnyLengthItIsWhatItWasBeforeTheCutGroup) {
    const Grown all = grown();
    const std::string& text = all.texts.back();
    for (std::size_t length = 0; length < text.size(); ++length) {
        const auto decoded = decode_checkpoint(text.substr(0, length));
        std::size_t groups = 0;
        while (groups < all.texts.size() && all.texts[groups].size() <= length) {
            ++groups;
        }
        ASSERT_EQ(decoded.has_value(), groups > 0) << length;
        if (groups > 0) {
            expect_equal(*decoded, all.states[groups - 1]);
        }
    }
}

TEST(CheckpointTest, AChangedBitIsDamageExceptInItsLastGroup) {
    const Grown all = grown();
    const std::string& text = all.texts.back();
    const std::size_t last = all.texts[1].size();
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string changed = text;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
            const auto decoded = decode_checkpoint(changed);
            ASSERT_EQ(decoded.has_value(), at >= last) << at << " bit " << bit;
            if (decoded) {
                expect_equal(*decoded, all.states[1]);
            }
        }
    }
}

TEST(CheckpointTest, ReadsGroupsWhereverAPieceOfTheTextEnds) {
    Checkpoint state = sample();
    std::string text = encode_checkpoint(state);
    auto& logs = state.files["/tmp/boundary_logs"];
    logs.clear();
    for (std::uint64_t inode = 0; text.size() < 3 * CheckpointText::kPieceBytes; ++inode) {
        logs.push_back({CompactName(std::string(inode % 97, 'x') + "y"), {inode % 500, 1}, inode});
        text += changes(text, [&](CheckpointWriter& writer) {
            writer.begin_changes(true);
            writer.file("/tmp/boundary_logs", logs.back());
        });
    }
    logs.erase(logs.begin(), logs.end() - 500);
    const auto decoded = decode_checkpoint(text);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
    const auto sorted = [](const Checkpoint& checkpoint) {
        auto all = rows(checkpoint);
        std::ranges::sort(all);
        return all;
    };
    EXPECT_EQ(sorted(*decoded), sorted(state));
}

TEST(CheckpointTest, GroupsInAnotherOrderAreDamage) {
    const Grown all = grown();
    const std::string first = all.texts[0];
    const std::string second = all.texts[1].substr(first.size());
    const std::string third = all.texts[2].substr(all.texts[1].size());
    EXPECT_FALSE(decode_checkpoint(first + third + second).has_value());
    EXPECT_FALSE(decode_checkpoint(second + third).has_value());
}

TEST(CheckpointTest, ReadsVersionTwoWhichCountedNoLines) {
    const std::string first =
        sealed(R"({"boundary_loki_checkpoint":2,"clean":false})"
               "\n"
               R"({"folder":"/a"})"
               "\n"
               R"({"name":"b","inode":7,"birth_ns":5,"offset":42,"fingerprint":3})"
               "\n"
               R"({"segment":3})"
               "\n");
    const std::string changes = R"({"changed":2,"clean":true})"
                                "\n"
                                R"({"folder":"/a"})"
                                "\n"
                                R"({"name":"b","inode":7,"birth_ns":5,"offset":84})"
                                "\n";
    const auto decoded = decode_checkpoint(sealed(first + changes));
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
    expect_equal(*decoded, {.files = {{"/a", {{CompactName("b"), {7, 5}, 84, ""}}}},
                            .high_water = {},
                            .kept_origins = {},
                            .newest_segment = 3,
                            .clean = true});
    EXPECT_FALSE(decoded->files.at("/a")[0].counts.known());
    const std::string of_another = R"({"changed":3,"clean":true})"
                                   "\n";
    EXPECT_FALSE(decode_checkpoint(sealed(first + of_another)).has_value());
}

TEST(CheckpointTest, ReadsVersionThreeWhichSaidNothingOfSegments) {
    const std::string text = sealed(R"({"boundary_loki_checkpoint":3,"clean":false})"
                                    "\n"
                                    R"({"segment":3})"
                                    "\n");
    const auto decoded = decode_checkpoint(text);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
    EXPECT_FALSE(decoded->names_segments);
    EXPECT_TRUE(decode_checkpoint(encode_checkpoint({})).value().names_segments);
}

TEST(CheckpointTest, WritesInPiecesAndTellsOfTheFirstThatFailed) {
    std::size_t pieces = 0;
    CheckpointWriter writer(
        [&pieces](std::string_view) -> base::Result<void> {
            return ++pieces == 2 ? base::failure("disk full") : base::Result<void>();
        },
        0);
    writer.begin_whole(false);
    for (std::uint64_t i = 0; i < 5000; ++i) {
        writer.file("/tmp", {CompactName(std::string(40, 'x')), {i, 1}, i});
    }
    const auto ended = writer.end();
    ASSERT_FALSE(ended.has_value());
    EXPECT_EQ(ended.error().message, "disk full");
    EXPECT_EQ(pieces, 2U);
}

struct AlienCase {
    const char* says;
    std::string text;
};

TEST(CheckpointTest, RefusesWhatIsNoCheckpointOfAKnownVersion) {
    const std::string head = R"({"boundary_loki_checkpoint":3,"clean":true})";
    const std::string in_folder = head + "\n{\"folder\":\"/a\"}\n";
    const AlienCase cases[] = {
        {"another file", "hello\n"},
        {"JSON of another kind", sealed("{\"a\":1}\n")},
        {"no lines at all", sealed("")},
        {"a later version", sealed("{\"boundary_loki_checkpoint\":5,\"clean\":true}\n")},
        {"a version that was never released",
         sealed("{\"boundary_loki_checkpoint\":1,\"clean\":true,\"files\":0,\"streams\":0}\n")},
        {"a version that is no number",
         sealed("{\"boundary_loki_checkpoint\":\"3\",\"clean\":true}\n")},
        {"a head that lacks its end", sealed(head)},
        {"a head that lacks a member", sealed("{\"boundary_loki_checkpoint\":3}\n")},
        {"a file line without an offset",
         sealed(in_folder + "{\"name\":\"b\",\"inode\":1,\"birth_ns\":1}\n")},
        {"a negative offset",
         sealed(in_folder + "{\"name\":\"b\",\"inode\":1,\"birth_ns\":1,\"offset\":-1}\n")},
        {"a stream line without a time", sealed(head + "\n{\"stream\":\"{}\"}\n")},
        {"what a segment holds, and no segment",
         sealed(head + "\n{\"of\":\"a\",\"decisions\":\"1\",\"first_ns\":1}\n")},
        {"a segment without labels", sealed(head + "\n{\"spooled\":1}\n")},
        {"numbers that are none",
         sealed(head + "\n{\"spooled\":1,\"labels\":\"{}\"}\n"
                       "{\"of\":\"a\",\"decisions\":\"2-1\",\"first_ns\":1}\n")},
        {"a line of neither kind", sealed(head + "\n{\"other\":1}\n")},
        {"a line that is no JSON", sealed(head + "\nhello\n")},
        {"an empty line", sealed(head + "\n\n")},
        {"changes with nothing before them", sealed("{\"changed\":3,\"clean\":true}\n")},
        {"a head that does not say whether it is clean",
         sealed("{\"boundary_loki_checkpoint\":3,\"clean\":}\n")},
        {"a file of no folder",
         sealed(head + "\n{\"name\":\"b\",\"inode\":1,\"birth_ns\":1,\"offset\":1}\n")},
        {"a file that is gone and has no inode",
         sealed(head + "\n{\"folder\":\"/a\"}\n{\"gone\":true}\n")},
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
