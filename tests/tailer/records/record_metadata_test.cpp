// SPDX-License-Identifier: MIT
#include "tailer/records/record_metadata.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tailer {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

auto pair_of(std::string_view name, std::string_view value) {
    return testing::AllOf(Field(&base::LabelView::name, name),
                          Field(&base::LabelView::value, value));
}

TEST(RecordMetadataTest, EachRecordBeginsWithWhatAllHave) {
    const base::Labels constant{{"owner", "joe"}};
    RecordMetadata metadata(constant);
    metadata.begin();
    metadata.add("domain", "a.example");
    metadata.begin();
    metadata.add_number("seq", 7);
    EXPECT_THAT(metadata.all(), ElementsAre(pair_of("owner", "joe"), pair_of("seq", "7")));
}

TEST(RecordMetadataTest, LeavesOutWhatIsEmpty) {
    RecordMetadata metadata(base::Labels{});
    metadata.begin();
    metadata.add("tool", "");
    metadata.add_valid("tool", "");
    metadata.add_copy("tool", "");
    EXPECT_THAT(metadata.all(), SizeIs(0));
}

TEST(RecordMetadataTest, CutsALongValueBetweenCharacters) {
    const std::string longest(1023, 'a');
    const std::string too_long = longest + "\xC3\xA9";
    RecordMetadata metadata(base::Labels{});
    metadata.begin();
    metadata.add("a", too_long);
    metadata.add_valid("b", too_long);
    metadata.add_copy("c", too_long);
    EXPECT_THAT(metadata.all(),
                ElementsAre(pair_of("a", longest), pair_of("b", longest), pair_of("c", longest)));
}

TEST(RecordMetadataTest, HoweverManyValuesAreMendedAllStayReadable) {
    constexpr std::size_t kMany = 1000;
    RecordMetadata metadata(base::Labels{});
    metadata.begin();
    for (std::size_t i = 0; i < kMany; ++i) {
        metadata.add("name", std::string(i, 'x') + "\xFF");
    }
    ASSERT_THAT(metadata.all(), SizeIs(kMany));
    for (std::size_t i = 0; i < kMany; ++i) {
        EXPECT_EQ(metadata.all()[i].value, std::string(i, 'x') + "\xEF\xBF\xBD");
    }
}

TEST(RecordMetadataTest, ACopyOutlivesItsSource) {
    RecordMetadata metadata(base::Labels{});
    metadata.begin();
    std::string source = "joe";
    metadata.add_copy("owner", source);
    source.assign("ann");
    EXPECT_THAT(metadata.all(), ElementsAre(pair_of("owner", "joe")));
}

}  // namespace
}  // namespace tailer
