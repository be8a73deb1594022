// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_text.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "bridge/daemon/checkpoint.h"

namespace bridge {
namespace {

/// Gives `most` bytes at a time, and an Error from `broken` on.
CheckpointText::ReadAt reading(std::string_view text, std::size_t most,
                               std::size_t broken = SIZE_MAX) {
    return [=](std::span<char> to, std::uint64_t offset) -> base::Result<std::size_t> {
        if (offset >= broken) {
            return base::failure("broken disk", EIO);
        }
        const std::size_t until = std::min(broken, text.size());
        return text.substr(0, until).substr(offset).copy(to.data(), std::min(most, to.size()));
    };
}

std::string joined(CheckpointText& text) {
    std::string all;
    for (auto line = text.line(0); !line.empty(); line = text.line(all.size())) {
        EXPECT_EQ(line.find('\n'), line.size() - 1);
        all += line;
    }
    return all;
}

TEST(CheckpointTextTest, GivesALineAtATimeHoweverLongItIs) {
    std::string all;
    for (std::size_t i = 0; i < 2000; ++i) {
        all += std::string(i * 7 % 300, 'x') + "\n";
    }
    all += std::string(3 * CheckpointText::kPieceBytes, 'y') + "\n\n";
    for (const std::size_t most : {std::size_t{999}, SIZE_MAX}) {
        CheckpointText text(reading(all, most));
        EXPECT_TRUE(joined(text) == all);
        EXPECT_TRUE(joined(text) == all) << "from the beginning again";
        EXPECT_TRUE(text.result());
    }
}

TEST(CheckpointTextTest, TheLastLineMayLackItsNewline) {
    CheckpointText text(reading("a\nbc", SIZE_MAX));
    EXPECT_EQ(text.line(2), "bc");
    EXPECT_EQ(text.line(0), "a\n");
    EXPECT_EQ(text.line(4), "");
    CheckpointText nothing(reading("", SIZE_MAX));
    EXPECT_EQ(nothing.line(0), "");
    EXPECT_TRUE(nothing.result());
}

TEST(CheckpointTextTest, EndsWhereReadingFails) {
    CheckpointText text(reading("a\nb\nc", SIZE_MAX, 3));
    EXPECT_EQ(text.line(0), "a\n");
    EXPECT_EQ(text.line(2), "") << "it is not all there";
    ASSERT_FALSE(text.result());
    EXPECT_EQ(text.result().error().message, "broken disk");
}

TEST(CheckpointTextTest, ACheckpointThatCannotAllBeReadIsNone) {
    Checkpoint checkpoint;
    const std::string whole = encode_checkpoint(checkpoint);
    const std::string twice = whole + whole;
    CheckpointText text(reading(twice, SIZE_MAX, whole.size()));
    const auto decoded = decode_checkpoint(text);
    ASSERT_FALSE(decoded) << "what follows may have changed it";
    EXPECT_EQ(decoded.error().code, EIO);
}

}  // namespace
}  // namespace bridge
