// SPDX-License-Identifier: MIT
// `boundary-loki verify`: what is missing, doubled, altered or unexpected in Loki shows, with the
// logs and, as far as it can, without them.
#include <filesystem>

#include "base/rfc3339.h"
#include "tests/end_to_end/verify_fixture.h"

namespace end_to_end {
namespace {

using testing::HasSubstr;

TEST_F(VerifyTest, WhatIsAllThereIsComplete) {
    write_logs(3, 400);
    append_to(logs(), log_name(0), "time=2026-06-09T12:00:00Z level=INFO msg=\"started\"\n");
    const auto replayed = run({"replay", logs(), "--loki-url", loki_.url()});
    ASSERT_EQ(replayed.status, 0) << replayed.errors;

    const auto held = verify_logs({"--json"});
    EXPECT_EQ(held.status, 0) << held.output << held.errors;
    EXPECT_EQ(field(held, "/complete"), "true");
    EXPECT_EQ(field(held, "/totals/decisions"), "1200");
    EXPECT_EQ(field(held, "/notes"), "[]");
    const auto numbers = verify_numbers({"--json"});
    EXPECT_EQ(numbers.status, 0) << numbers.output << numbers.errors;
    EXPECT_EQ(field(numbers, "/totals/decisions"), "1200");
    EXPECT_EQ(field(numbers, "/sessions/2/lowest"), "0");
    EXPECT_EQ(field(numbers, "/sessions/2/highest"), "399");
    EXPECT_THAT(verify_logs().output, HasSubstr("complete: all that the logs hold is there"));
    EXPECT_THAT(verify_numbers().output, HasSubstr("complete: no number is missing"));
}

TEST_F(VerifyTest, AMissingDecisionIsNamed) {
    write_logs(2, 100);
    auto all = rows();
    ASSERT_EQ(all.size(), 200U);
    std::erase_if(all, [](const StoredRow& row) {
        return row.line.find("\"session\":\"boundary-2026-06-09_12-00-00-1\",\"seq\":17,") !=
                   std::string::npos ||
               row.line.find("12-00-00-1\",\"seq\":17}") != std::string::npos;
    });
    ASSERT_EQ(all.size(), 199U);
    push(all);

    const auto held = verify_logs({"--json"});
    EXPECT_EQ(held.status, 1) << held.errors;
    EXPECT_EQ(field(held, "/totals/missing"), "1");
    EXPECT_EQ(field(held, "/sessions/1/session"), "\"boundary-2026-06-09_12-00-00-1\"");
    EXPECT_EQ(field(held, "/sessions/1/decisions/missing/runs"), "[[17,17]]");
    EXPECT_EQ(field(held, "/sessions/0/whole"), "true");
    const auto text = verify_logs().output;
    EXPECT_THAT(text, HasSubstr("boundary-2026-06-09_12-00-00-1  joe/w1"));
    EXPECT_THAT(text, HasSubstr("missing 1: decision 17"));
    EXPECT_THAT(text, HasSubstr("NOT COMPLETE: 1 missing, 0 doubled"));

    const auto numbers = verify_numbers({"--json"});
    EXPECT_EQ(numbers.status, 1) << numbers.errors;
    EXPECT_EQ(field(numbers, "/sessions/1/decisions/missing/runs"), "[[17,17]]");
    EXPECT_EQ(field(numbers, "/sessions/1/decisions/count"), "99");
}

TEST_F(VerifyTest, WhatIsMissingAtTheEndsOfALog) {
    write_logs(1, 50);
    auto all = rows();
    all.erase(all.begin(), all.begin() + 2);
    all.resize(all.size() - 3);
    push(all);
    EXPECT_EQ(field(verify_logs({"--json"}), "/sessions/0/decisions/missing/runs"),
              "[[0,1],[47,49]]");
    // Without the logs nobody knows of the last ones.
    EXPECT_EQ(field(verify_numbers({"--json"}), "/sessions/0/decisions/missing/runs"), "[[0,1]]");
    EXPECT_THAT(verify_numbers().output, HasSubstr("behind a session's last number"));
}

TEST_F(VerifyTest, ADoubledDecisionIsNamed) {
    write_logs(2, 60);
    auto all = rows();
    push(all);
    // The whole log of a session replayed with one more label, and one entry of the other.
    auto again = rows({"--label", "site=lab"});
    std::erase_if(again, [](const StoredRow& row) {
        return row.line.find("12-00-00-0\"") != std::string::npos &&
               row.line.find("\"seq\":7,") == std::string::npos &&
               row.line.find("\"seq\":7}") == std::string::npos;
    });
    ASSERT_EQ(again.size(), 61U);
    push(again);
    for (const auto& result : {verify_logs({"--json"}), verify_numbers({"--json"})}) {
        EXPECT_EQ(result.status, 1) << result.errors;
        EXPECT_EQ(field(result, "/totals/doubled"), "61");
        EXPECT_EQ(field(result, "/totals/missing"), "0");
        EXPECT_EQ(field(result, "/sessions/0/decisions/doubled/runs"), "[[7,7]]");
        EXPECT_EQ(field(result, "/sessions/1/decisions/doubled/runs"), "[[0,59]]");
        EXPECT_THAT(field(result, "/notes/0"), HasSubstr("lab"));
    }
}

TEST_F(VerifyTest, ReplayedUnderAnotherOwnerItIsDoubled) {
    write_logs(1, 40);
    push(rows());
    push(rows({"--owner", "eve"}));
    const auto held = verify_logs({"--json"});
    EXPECT_EQ(held.status, 1);
    EXPECT_EQ(field(held, "/totals/doubled"), "40");
    // Asked for all owners: whose it is stands in the environment of a workspace.
    const auto numbers = run({"verify", "--loki-url", loki_.url(), "--json"}, {});
    EXPECT_EQ(numbers.status, 1);
    EXPECT_EQ(field(numbers, "/totals/doubled"), "40");
    EXPECT_EQ(field(numbers, "/totals/sessions"), "1");
}

TEST_F(VerifyTest, AnAlteredDecisionIsNamed) {
    write_logs(1, 30);
    auto all = rows();
    replace(all[13].line, "\"decision\":\"allow\"", "\"decision\":\"deny\"");  // in place of it
    StoredRow forged = all[20];
    replace(forged.line, "/d/20", "/d/harmless");  // beside it
    all.push_back(forged);
    push(all);
    const auto held = verify_logs({"--json"});
    EXPECT_EQ(held.status, 1) << held.errors;
    EXPECT_EQ(field(held, "/sessions/0/decisions/altered/count"), "2");
    EXPECT_EQ(field(held, "/totals/missing"), "0");
    EXPECT_THAT(verify_logs().output, HasSubstr("altered 2: decision 13, 20"));
    const auto numbers = verify_numbers({"--json"});
    EXPECT_EQ(numbers.status, 1);
    EXPECT_EQ(field(numbers, "/sessions/0/decisions/altered/runs"), "[[20,20]]");
}

TEST_F(VerifyTest, ARewrittenLogShowsInLokiAlone) {
    const auto day = [](std::int64_t timestamp_ns) { return timestamp_ns / (24 * kHourNs); };
    const std::int64_t later_ns = 20 * kMinuteNs;
    if (day(begin_ns_) != day(begin_ns_ + later_ns)) {
        begin_ns_ -= later_ns;  // Loki is asked for the days of which the log holds anything
    }
    write_logs(1, 30);
    push(rows());
    std::filesystem::remove_all(logs());
    begin_ns_ += later_ns;
    append_to(logs(), log_name(0), decision_line(begin_ns_, 900) + decision_line(begin_ns_, 901));
    push(rows());
    const auto numbers = verify_numbers({"--json"});
    EXPECT_EQ(numbers.status, 1);
    EXPECT_EQ(field(numbers, "/sessions/0/decisions/altered/runs"), "[[0,1]]");
    EXPECT_EQ(field(numbers, "/totals/doubled"), "0");
    // Against the log as it is now, the other 28 are not to be expected.
    const auto held = verify_logs({"--json"});
    EXPECT_EQ(field(held, "/sessions/0/decisions/altered/count"), "2");
    EXPECT_EQ(field(held, "/sessions/0/decisions/unexpected/runs"), "[[2,29]]");
}

TEST_F(VerifyTest, OtherLabelsThanExpectedAreSaid) {
    write_logs(1, 30);
    push(rows({"--label", "site=lab", "--template", "t1"}));
    const auto held = verify_logs();
    EXPECT_EQ(held.status, 0) << held.output;
    EXPECT_THAT(held.output, HasSubstr("under other labels than these settings make"));
    EXPECT_THAT(held.output, HasSubstr("site=\"lab\""));
    // Whoever verifies from elsewhere may not know whose it is.
    const auto strange = run({"verify", logs(), "--loki-url", loki_.url()}, {});
    EXPECT_EQ(strange.status, 0) << strange.output;
    EXPECT_THAT(strange.output, HasSubstr("30 entries name another owner, workspace or agent"));
}

TEST_F(VerifyTest, AnotherWorkspacesSessionOfTheSameNameIsAnotherOne) {
    write_logs(1, 30);
    push(rows());
    std::filesystem::remove_all(logs());
    append_to(logs(), log_name(0), decision_line(begin_ns_ + 5, 777));
    push(rows({"--workspace", "w2"}));
    const auto numbers = run({"verify", "--loki-url", loki_.url(), "--json"}, {});
    EXPECT_EQ(numbers.status, 0) << numbers.output;
    EXPECT_EQ(field(numbers, "/totals/sessions"), "2");
    std::filesystem::remove_all(logs());
    write_logs(1, 30);
    const auto held = verify_logs();
    EXPECT_EQ(held.status, 0) << held.output;
    EXPECT_THAT(held.output, HasSubstr("1 session of the same name in other workspaces"));
}

TEST_F(VerifyTest, ASpanCutsSessionsWithoutAGap) {
    write_logs(1, 600);
    push(rows());
    std::string since;
    base::append_rfc3339_nano(since, begin_ns_ + 200 * kSecondNs);
    const auto numbers = verify_numbers({"--json", "--since", since});
    EXPECT_EQ(numbers.status, 0) << numbers.output;
    EXPECT_EQ(field(numbers, "/totals/begin_before"), "1");
    const auto held = verify_logs({"--json", "--since", since});
    EXPECT_EQ(held.status, 0) << held.output;
    EXPECT_THAT(field(held, "/totals/decisions"), testing::AnyOf("399", "400"));
}

TEST_F(VerifyTest, ThousandsMayHaveOneTimestamp) {
    constexpr std::size_t kSessions = 2'500;
    for (std::size_t session = 0; session < kSessions; ++session) {
        append_to(logs(), log_name(session), decision_line(begin_ns_, 3 * session));
    }
    push(rows());
    const auto held = verify_logs({"--json"});
    EXPECT_EQ(held.status, 0) << held.output.substr(0, 2000) << held.errors;
    EXPECT_EQ(field(held, "/totals/decisions"), std::to_string(kSessions));
    const auto numbers = verify_numbers({"--json"});
    EXPECT_EQ(numbers.status, 0) << numbers.output.substr(0, 2000);
    EXPECT_EQ(field(numbers, "/totals/sessions"), std::to_string(kSessions));
}

TEST_F(VerifyTest, EntriesOfAnEarlyVersionAreSaidAndNotJudged) {
    write_logs(1, 20);
    auto all = rows();
    auto old = all;
    for (auto& row : old) {
        const std::size_t at = row.line.find(",\"seq\":");
        row.line.erase(at, row.line.find_first_of(",}", at + 1) - at);
        std::erase_if(row.metadata, [](const auto& label) { return label.first == "seq"; });
    }
    push(old);
    const auto numbers = verify_numbers();
    EXPECT_EQ(numbers.status, 0) << numbers.output;
    EXPECT_THAT(numbers.output, HasSubstr("20 entries are of an early version"));
    const auto held = verify_logs();
    EXPECT_EQ(held.status, 1) << held.output;  // its own entries are not there
    EXPECT_THAT(held.output, HasSubstr("20 entries are of an early version"));
}

TEST_F(VerifyTest, AgainstCoderdEachSidesLackIsNamed) {
    write_logs(1, 30);
    const auto all = rows();
    push(all);
    std::vector<StoredRow> coderds;
    for (std::size_t i = 0; i < all.size(); ++i) {
        StoredRow row = all[i];
        row.labels = {{"app", "coder"}, {"namespace", "coder"}};
        row.metadata.clear();
        row.timestamp_ns += 4 * kSecondNs;
        for (const auto* name : {"session", "seq", "domain"}) {  // which coderd's line has not
            const std::size_t at = row.line.find(std::string(",\"") + name + "\":");
            row.line.erase(at, row.line.find_first_of(",}", at + 1) - at);
        }
        replace(row.line, "[\"boundary-loki\"]", "[\"coderd\",\"agentrpc\"]");
        if (i == 7) {
            replace(row.line, "/d/7", "/d/another");
        }
        if (i != 11) {
            coderds.push_back(row);
        }
    }
    push(coderds);
    const auto found = verify_numbers({"--json", "--against-coderd", "{namespace=\"coder\"}"});
    EXPECT_EQ(found.status, 1) << found.errors;
    EXPECT_EQ(field(found, "/coderd/0/both"), "28") << found.output;
    EXPECT_EQ(field(found, "/coderd/0/missing_here"), "1");
    EXPECT_EQ(field(found, "/coderd/0/sessions/0/missing_at_coderd/runs"), "[[7,7],[11,11]]");
    EXPECT_THAT(verify_numbers({"--against-coderd", "{namespace=\"coder\"}"}).output,
                HasSubstr("missing at coderd 2: boundary-2026-06-09_12-00-00-0 decision 7, 11"));
    // coderd's lines change nothing in the trail.
    EXPECT_EQ(verify_numbers().status, 0);
    EXPECT_EQ(verify_logs().status, 0);
    EXPECT_EQ(verify_logs({"--against-coderd", "{namespace=\"coder\"}"}).status, 2);
}

TEST_F(VerifyTest, AServerThatCannotBeAskedProvesNothing) {
    write_logs(1, 5);
    const std::string nowhere = "http://127.0.0.1:" + std::to_string(test_support::free_port());
    const auto away = run({"verify", logs(), "--loki-url", nowhere});
    EXPECT_EQ(away.status, 1) << away.output;
    EXPECT_THAT(away.output, HasSubstr("NOT VERIFIED"));
    const auto empty = verify_numbers();
    EXPECT_EQ(empty.status, 1) << empty.output;
    EXPECT_THAT(empty.output, HasSubstr("NOT VERIFIED: nothing of boundary-loki's is stored"));
    const auto wrong = run({"verify", "--loki-url", loki_.url() + "/nothing/here"});
    EXPECT_EQ(wrong.status, 1) << wrong.output;
    EXPECT_THAT(wrong.output, HasSubstr("NOT VERIFIED"));
}

TEST(VerifyUsageTest, WrongUsageStartsNothing) {
    const auto status = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {BOUNDARY_LOKI_BINARY, "verify"});
        return test_support::run_command(arguments).status;
    };
    const std::string loki = "http://127.0.0.1:1";
    EXPECT_EQ(status({}), 2);
    EXPECT_EQ(status({"--loki-url", loki, "--since", "yesterday"}), 2);
    EXPECT_EQ(status({"--loki-url", loki, "--since", "1h", "--until", "2h"}), 2);
    EXPECT_EQ(status({"--loki-url", loki, "/no/such/log"}), 2);
}

}  // namespace
}  // namespace end_to_end
