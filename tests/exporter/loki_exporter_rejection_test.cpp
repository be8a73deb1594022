// SPDX-License-Identifier: MIT
#include <random>

#include <simdjson.h>

#include "base/rfc3339.h"
#include "tests/exporter/exporter_fixture.h"
#include "tests/support/file_size_limit.h"

namespace exporter {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using test_support::SeenPush;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterRejectionTest : public ExporterTest {
protected:
    /// Loki's way: what is good is stored, and the answer is an error all the same.
    void refuse_lines(const std::string& marker, const std::string& body) {
        loki_.set_rule([this, marker, body](const SeenPush& push) {
            bool refused = false;
            for (const auto& entry : push.entries) {
                if (entry.line.find(marker) != std::string::npos) {
                    refused = true;
                } else {
                    loki_.store(push.stream, entry);
                }
            }
            return refused ? answered(400, body) : answered(204);
        });
    }
    /// The dead letters' lines with their reasons.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> letters() const {
        std::vector<std::pair<std::string, std::string>> letters;
        std::istringstream text(dead_letters_text());
        simdjson::dom::parser parser;
        for (std::string line; std::getline(text, line);) {
            const simdjson::dom::element letter = parser.parse(line);
            letters.emplace_back(std::string_view(letter["line"]),
                                 std::string_view(letter["reason"]));
        }
        std::ranges::sort(letters);
        return letters;
    }
};

TEST_F(LokiExporterRejectionTest, FindsJustTheCulpritsOfA400) {
    std::mt19937_64 random(11);
    for (int round = 0; round < 30; ++round) {
        open_dead_letters();
        start();
        refuse_lines("bad", "max entry size '262144' bytes exceeded for stream '{}'");
        std::vector<std::string> good;
        std::vector<std::pair<std::string, std::string>> bad;
        const std::size_t count = 1 + random() % 60;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string number = std::to_string(1000 + i);
            if (random() % 8 == 0) {
                bad.emplace_back("bad " + number, "line_too_long");
                add(kDenyStream, at(std::chrono::nanoseconds(i)), bad.back().first);
            } else {
                good.push_back("good " + number);
                add(kDenyStream, at(std::chrono::nanoseconds(i)), good.back());
            }
        }
        flush_and_run();
        EXPECT_EQ(loki_.lines(kDeny), good);
        EXPECT_EQ(letters(), bad);
        EXPECT_THAT(events_.rejected, SizeIs(bad.size()));
        expect_all_settled();
        EXPECT_TRUE(exporter_->idle());
        loki_.clear();
        events_.rejected.clear();
        std::filesystem::remove_all(folder_.file("dead-letter"));
    }
}

TEST_F(LokiExporterRejectionTest, KeepsTheServersWords) {
    open_dead_letters();
    start();
    refuse_lines("bad", "max entry size '10' bytes exceeded for stream '{}'\n");
    add(kDenyStream, seconds(2), "bad");
    flush_and_run();
    EXPECT_THAT(letters(), ElementsAre(std::pair("bad", "line_too_long")));
    EXPECT_THAT(dead_letters_text(), HasSubstr("bytes exceeded for stream '{}'\""));
    EXPECT_THAT(dead_letters_text(), HasSubstr(R"("stream":{"decision":"deny","job":"boundary"})"));
}

TEST_F(LokiExporterRejectionTest, IsolatesACulpritThatTheServerDoesNotExplain) {
    open_dead_letters();
    start();
    refuse_lines("bad", "user 'fake', total ignored: 1 out of 2 for stream: {}");
    add(kDenyStream, seconds(0), "good");
    add(kDenyStream, seconds(1), "bad");
    flush_and_run();
    EXPECT_THAT(letters(), ElementsAre(std::pair("bad", "other")));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("good"));
}

TEST_F(LokiExporterRejectionTest, CutsOffWhatIsTooOldAtTheServersLimit) {
    open_dead_letters();
    start();
    const std::int64_t limit_ns = at(hours(0)) / 1'000'000'000 * 1'000'000'000;
    std::string limit;
    base::append_rfc3339_nano(limit, limit_ns);
    loki_.set_rule([&](const SeenPush& push) {
        bool refused = false;
        for (const auto& entry : push.entries) {
            if (entry.timestamp_ns < limit_ns) {
                refused = true;
            } else {
                loki_.store(push.stream, entry);
            }
        }
        return refused ? answered(400,
                                  "3 errors like: entry for stream '{}' has timestamp too "
                                  "old: 2026-06-01T00:00:00Z, oldest acceptable timestamp "
                                  "is: " +
                                      limit + "; 1 errors like: something else")
                       : answered(204);
    });
    for (int i = 1; i <= 30; ++i) {
        add(kDenyStream, limit_ns - 60'000'000'000 * i, "old");
    }
    for (int i = 0; i < 30; ++i) {
        add(kDenyStream, limit_ns + std::int64_t{1'000'000'000} * i,
            "fine " + std::to_string(100 + i));
    }
    flush_and_run();
    EXPECT_THAT(letters(), SizeIs(30));
    EXPECT_THAT(letters(), testing::Each(std::pair<std::string, std::string>(
                               "old", "greater_than_max_sample_age")));
    EXPECT_THAT(loki_.lines(kDeny), SizeIs(30));
    EXPECT_THAT(loki_.pushes(), SizeIs(1)) << "the limit saves the search, and the rest is stored";
    expect_all_settled();
}

TEST_F(LokiExporterRejectionTest, SearchesWhereTheServerNamesNoUsableLimit) {
    for (const char* limit : {"", ", oldest acceptable timestamp is: yesterday",
                              ", oldest acceptable timestamp is: 1999-01-01T00:00:00Z"}) {
        open_dead_letters();
        start();
        refuse_lines("old", std::string("has timestamp too old: x") + limit);
        add(kDenyStream, seconds(0), "old");
        add(kDenyStream, seconds(1), "fine 1");
        add(kDenyStream, seconds(2), "fine 2");
        flush_and_run();
        EXPECT_THAT(letters(), SizeIs(1)) << limit;
        EXPECT_THAT(loki_.lines(kDeny), ElementsAre("fine 1", "fine 2")) << limit;
        expect_all_settled();
        loki_.clear();
        std::filesystem::remove_all(folder_.file("dead-letter"));
    }
}

TEST_F(LokiExporterRejectionTest, MovesToALateStreamWhatLokiFindsTooFarBehind) {
    for (const bool from_spool : {false, true}) {
        open_dead_letters();
        open_spool();
        start();
        // Another writer is ahead in the same stream, which the exporter cannot know.
        loki_.set_rule([&](const SeenPush& push) {
            bool refused = false;
            for (const auto& entry : push.entries) {
                if (push.stream == kDeny && entry.timestamp_ns < at(-minutes(20))) {
                    refused = true;
                } else {
                    loki_.store(push.stream, entry);
                }
            }
            std::string limit;
            base::append_rfc3339_nano(limit, at(-minutes(20)));
            return refused ? answered(400,
                                      "entry with timestamp x ignored, reason: 'entry too far "
                                      "behind, entry timestamp is: x, oldest acceptable "
                                      "timestamp is: " +
                                          limit + "',")
                           : answered(204);
        });
        add(kDenyStream, -minutes(25), "behind");
        add(kDenyStream, -minutes(21), "behind, too");
        add(kDenyStream, -minutes(10), "fine");
        if (from_spool) {
            exporter_->spool_all();
        }
        flush_and_run();
        EXPECT_THAT(loki_.lines(kDeny), ElementsAre("fine"));
        EXPECT_THAT(loki_.all_lines(),
                    testing::UnorderedElementsAre("behind", "behind, too", "fine"));
        EXPECT_THAT(letters(), IsEmpty());
        EXPECT_EQ(spool_->segments(), 0U);
        EXPECT_TRUE(exporter_->idle());
        expect_all_settled();
        loki_.clear();
    }
}

TEST_F(LokiExporterRejectionTest, ForgedStampsAheadCostNoRequestEach) {
    open_dead_letters();
    start();
    loki_.set_rule([&](const SeenPush& push) {
        for (const auto& entry : push.entries) {
            if (entry.timestamp_ns > at(minutes(10))) {
                return answered(400, "entry for stream '{}' has timestamp too new: x");
            }
        }
        return loki_.store(push);
    });
    for (int i = 0; i < 1000; ++i) {
        add(kDenyStream, -seconds(i % 60), "true " + std::to_string(i));
        add(kDenyStream, hours(30) + seconds(i), "forged " + std::to_string(i));
    }
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), SizeIs(1000));
    EXPECT_THAT(letters(), SizeIs(1000));
    EXPECT_LE(loki_.pushes().size(), 3U);
    for (const auto& [row, times] : loki_.rows().at(kDeny)) {
        EXPECT_EQ(times, 1) << row.second;
    }
    expect_all_settled();
}

TEST_F(LokiExporterRejectionTest, RefusedLabelsConcernAllOfTheirStreamAndNoOther) {
    open_dead_letters();
    start();
    loki_.set_rule([&](const SeenPush& push) {
        return push.stream == kDeny
                   ? answered(400, "entry for stream '{}' has 16 label names; limit 15")
                   : loki_.store(push);
    });
    add_many(kDenyStream, 20, 10);
    add(kAllowStream, seconds(0), "fine");
    flush_and_run();
    EXPECT_THAT(letters(), SizeIs(20));
    EXPECT_EQ(letters().front().second, "max_label_names_per_series");
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_THAT(loki_.lines(kAllow), ElementsAre("fine"));
    expect_all_settled();
}

TEST_F(LokiExporterRejectionTest, KeepsTheBatchUntilTheDeadLettersTakeIt) {
    open_dead_letters();
    start();
    refuse_lines("bad", "max entry size exceeded");
    add(kDenyStream, seconds(0), "bad");
    exporter_->flush();
    {
        const test_support::FileSizeLimit full(0);
        run_for(minutes(2));
        EXPECT_THAT(settled(), IsEmpty());
        EXPECT_THAT(events_.rejected, IsEmpty());
        EXPECT_FALSE(events_.disk_troubles.empty());
        EXPECT_GT(exporter_->in_flight_bytes(), 0U);
        EXPECT_LT(loki_.pushes().size(), 100U) << "it does not hammer the server meanwhile";
    }
    run_for(minutes(1));
    EXPECT_THAT(letters(), ElementsAre(std::pair("bad", "line_too_long")));
    expect_all_settled();
}

TEST_F(LokiExporterRejectionTest, OnlyCountsARejectedEntryWhenNoStateIsKept) {
    start();
    refuse_lines("bad", "max entry size exceeded");
    add(kDenyStream, seconds(0), "bad");
    add(kDenyStream, seconds(1), "good");
    flush_and_run();
    EXPECT_THAT(events_.rejected, ElementsAre("line_too_long"));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("good"));
    expect_all_settled();
}

TEST_F(LokiExporterRejectionTest, ARejectionOfASpooledBatchIsKeptAsWell) {
    open_spool();
    open_dead_letters();
    start();
    add(kDenyStream, seconds(0), "good");
    add(kDenyStream, seconds(1), "bad");
    add(kDenyStream, seconds(2), "good, too");
    exporter_->spool_all();
    expect_all_settled();
    refuse_lines("bad", "max entry size exceeded");
    run();
    EXPECT_THAT(letters(), ElementsAre(std::pair("bad", "line_too_long")));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("good", "good, too"));
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_TRUE(exporter_->idle());
}

}  // namespace
}  // namespace exporter
