// SPDX-License-Identifier: MIT
#include "exporter/loki/victoria_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/loki/push_request.h"
#include "exporter/loki/read_back.h"
#include "tests/exporter/loki/client_fixture.h"

namespace exporter {
namespace {

using test_support::Fault;
using test_support::SeenRequest;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;

TEST(VictoriaLogsTest, IsKnownByItsAddress) {
    EXPECT_TRUE(victoria_logs::is_address("http://v:9428/insert"));
    EXPECT_FALSE(victoria_logs::is_address("http://loki:3100"));
    EXPECT_FALSE(victoria_logs::is_address("http://insert"));
    EXPECT_FALSE(victoria_logs::is_address("http://v:9428/insert/loki"));
    EXPECT_EQ(victoria_logs::query_address("https://gate/team/insert"),
              "https://gate/team/select/logsql/query");
}

TEST(VictoriaLogsTest, NamesTenantsByTwoNumbers) {
    EXPECT_THAT(victoria_logs::tenant_headers("").value(), ElementsAre());
    EXPECT_THAT(victoria_logs::tenant_headers("12").value(),
                ElementsAre("AccountID: 12", "ProjectID: 0"));
    EXPECT_THAT(victoria_logs::tenant_headers("12:4294967295").value(),
                ElementsAre("AccountID: 12", "ProjectID: 4294967295"));
    for (const char* tenant : {"a", "1:", ":1", "1:2:3", "-1", "4294967296", "1\r\nX: y", " 1"}) {
        EXPECT_FALSE(victoria_logs::tenant_headers(tenant)) << tenant;
    }
}

TEST(VictoriaLogsTest, AsksForTheRowsOfASpanOldestFirst) {
    EXPECT_EQ(victoria_logs::rows_query(R"({job="b", w="a\"b"})", 1'780'000'000'000'000'001,
                                        1'780'000'000'500'000'000, 1000),
              R"({job="b", w="a\"b"} _time:[2026-05-28T20:26:40.000000001Z, )"
              R"(2026-05-28T20:26:40.5Z) | sort by (_time) limit 1000 | fields _time, _msg)");
}

TEST(VictoriaLogsTest, GivesItsRowsAsLokiWould) {
    EXPECT_EQ(
        victoria_logs::as_loki_answer("{\"_time\":\"2026-05-28T20:26:40.000000001Z\",\"_msg\":\"{"
                                      "\\\"a\\\":\\\"\\u00e9\\\"}\"}\n"
                                      "{\"_time\":\"2026-05-28T20:26:41Z\"}\n")
            .value(),
        R"({"status":"success","data":{"resultType":"streams","result":[{"stream":{},)"
        R"("values":[["1780000000000000001","{\"a\":\"é\"}"],["1780000001000000000",""]]}]}})");
    EXPECT_THAT(victoria_logs::as_loki_answer("").value(), HasSubstr(R"("values":[])"));
}

TEST(VictoriaLogsTest, TakesNoOtherAnswerForRows) {
    for (const char* body : {"<html>", "[]", "{}", R"({"_time":1})", R"({"_time":"soon"})",
                             "{\"_time\":\"2026-05-28T20:26:41Z\",\"_msg\":\"cut o"}) {
        EXPECT_FALSE(victoria_logs::as_loki_answer(body)) << body;
    }
}

TEST(VictoriaLogsTest, TroubleOfItsSetUpHoldsThePushesAndRefusesNone) {
    for (const char* body :
         {"unsupported path requested: \"/loki/api/v1/push\"\n",
          "missing route for \"http://gate/loki/api/v1/push\"", "user foo missing route for \"x\"",
          "cannot parse common params from request: cannot parse accountID from \"a\"",
          "requests to /insert/* are disabled with -insert.disable command-line flag"}) {
        Reply reply;
        reply.transport = Reply::Transport::Answered;
        reply.status = 400;
        reply.body = body;
        EXPECT_EQ(classify(reply), Outcome::Hold) << body;
        EXPECT_NE(advice(reply), "") << body;
    }
    Reply refused;
    refused.transport = Reply::Transport::Answered;
    refused.status = 400;
    refused.body = "stream '{a=\"unsupported path requested: \"}' has label value too long: 'x'";
    EXPECT_EQ(classify(refused), Outcome::Rejected);
}

class VictoriaLogsClientTest : public ClientTest {
protected:
    VictoriaLogsClientTest() { settings_.url += "/insert/"; }
};

TEST_F(VictoriaLogsClientTest, IsAskedToKeepTheLineAndTellsTheTenantInBothWays) {
    settings_.tenant = "7:8";
    const auto server = client();
    static_cast<void>(server->push("x", kLong));
    static_cast<void>(server->query_range("{a=\"b\"}", 1'000'000'000, 2'000'000'000, 3, kLong));
    const auto requests = server_.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].target, "/insert/loki/api/v1/push");
    EXPECT_THAT(requests[0].headers, Contains(Pair("vl-loki-disable-message-parsing", "1")));
    EXPECT_THAT(requests[1].target,
                AllOf(testing::StartsWith("/select/logsql/query?query=%7Ba%3D%22b%22%7D"),
                      HasSubstr("limit%203")));
    for (const auto& request : requests) {
        EXPECT_THAT(request.headers, Contains(Pair("accountid", "7")));
        EXPECT_THAT(request.headers, Contains(Pair("projectid", "8")));
        EXPECT_THAT(request.headers, Not(Contains(Key("x-scope-orgid"))));
    }
}

TEST_F(VictoriaLogsClientTest, RefusesATenantThatIsNoNumber) {
    settings_.tenant = "team-a";
    const auto created = LokiClient::create(settings_);
    ASSERT_FALSE(created.has_value());
    EXPECT_THAT(created.error().message, HasSubstr("AccountID:ProjectID"));
}

TEST_F(VictoriaLogsClientTest, IsReadBack) {
    server_.set_rule([](const SeenRequest& request) {
        return request.method == "GET"
                   ? Fault::answer(200, R"({"_time":"1970-01-01T00:00:01Z","_msg":"there"})")
                   : Fault::answer(204);
    });
    Batch batch;
    batch.add({1'000'000'000, "there", {}, {1, 1}});
    batch.add({1'000'000'001, "missing", {}, {1, 2}});
    const auto server = client();
    EXPECT_EQ(server->shows_after(), victoria_logs::kShowsAfter);
    const ReadBack answer = read_back(*server, "{a=\"b\"}", batch.seal(), kLong);
    EXPECT_EQ(answer.state, ReadBack::State::Known);
    EXPECT_THAT(answer.stored, ElementsAre(true, false));
}

TEST_F(VictoriaLogsClientTest, WhoseAnswerIsNoneOfItsRowsIsNotReadBack) {
    server_.set_rule([](const SeenRequest&) { return Fault::answer(200, "<html>log in</html>"); });
    Batch batch;
    batch.add({1'000'000'000, "there", {}, {1, 1}});
    const ReadBack answer = read_back(*client(), "{a=\"b\"}", batch.seal(), kLong);
    EXPECT_EQ(answer.state, ReadBack::State::Unavailable);
    EXPECT_TRUE(answer.reply.stores_repeats);
}

TEST_F(VictoriaLogsClientTest, IsKnownByItsWordsToo) {
    settings_.url = server_.url();
    server_.set_rule([](const SeenRequest&) {
        return Fault::answer(400, "unsupported path requested: \"/loki/api/v1/query_range\"");
    });
    EXPECT_TRUE(client()->query_range("{}", 1, 2, 3, kLong).stores_repeats);
    server_.set_rule([](const SeenRequest&) { return Fault::answer(400, "parse error"); });
    EXPECT_FALSE(client()->query_range("{}", 1, 2, 3, kLong).stores_repeats);
}

}  // namespace
}  // namespace exporter
