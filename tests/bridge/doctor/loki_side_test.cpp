// SPDX-License-Identifier: MIT
#include "bridge/doctor/loki_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/doctor/coderd_side.h"
#include "bridge/doctor/dashboard_side.h"
#include "tests/support/fault_server.h"

namespace bridge::doctor {
namespace {

using test_support::Fault;
using test_support::SeenRequest;
using testing::HasSubstr;
using testing::Not;

constexpr auto kNothing = R"({"status":"success","data":{"resultType":"vector","result":[]}})";

class LokiSideTest : public testing::Test {
protected:
    LokiSideTest() { settings_.loki.url = server_.url(); }

    [[nodiscard]] LokiSide look(bool probe = true) {
        auto client = exporter::LokiClient::create(settings_.loki);
        return look_at_loki(settings_, **client, probe);
    }
    static bool is_push(const SeenRequest& request) { return request.method == "POST"; }

    test_support::FaultServer server_;
    Settings settings_;
};

TEST_F(LokiSideTest, PushesNothingWhenAskedNotTo) {
    server_.set_rule([](const auto&) { return Fault::answer(200, kNothing); });
    const LokiSide side = look(false);
    EXPECT_TRUE(side.queries());
    EXPECT_FALSE(side.probed);
    for (const auto& request : server_.requests()) {
        EXPECT_EQ(request.method, "GET");
    }
}

TEST_F(LokiSideTest, TriesWithoutStructuredMetadataWhenThatIsRefused) {
    int pushes = 0;
    server_.set_rule([&](const SeenRequest& request) {
        if (is_push(request)) {
            return ++pushes == 1
                       ? Fault::answer(400,
                                       "stream '{}' includes structured metadata, but this "
                                       "feature is disallowed. Please see limits_config")
                       : Fault::answer(204);
        }
        return Fault::answer(request.target.find("query_range") != std::string::npos ? 403 : 200,
                             kNothing);
    });
    const LokiSide side = look();
    EXPECT_TRUE(side.metadata_refused);
    EXPECT_EQ(side.push.status, 204);
    EXPECT_FALSE(side.found);
    EXPECT_EQ(side.read_back.status, 403) << "waiting does not mend that";
}

TEST_F(LokiSideTest, ComparesTheClocks) {
    server_.set_rule([](const auto&) {
        Fault fault = Fault::answer(200, kNothing);
        fault.headers["Date"] = "Thu, 01 Jan 2026 00:00:00 GMT";
        return fault;
    });
    ASSERT_TRUE(look(false).ahead_seconds);
    EXPECT_GT(*look(false).ahead_seconds, 0);
    server_.set_rule([](const auto&) {
        Fault fault = Fault::answer(200, kNothing);
        fault.headers["Date"] = "no date";
        return fault;
    });
    EXPECT_FALSE(look(false).ahead_seconds);
}

TEST_F(LokiSideTest, AsksNoFurtherWhereNobodyAnswers) {
    settings_.loki.url = "http://127.0.0.1:1";
    const LokiSide side = look();
    EXPECT_FALSE(side.reached());
    EXPECT_FALSE(side.probed);
    EXPECT_THAT(side.query.error, HasSubstr("connect"));
}

TEST_F(LokiSideTest, SaysWhyADashboardHasNoNumber) {
    server_.set_rule([](const auto&) { return Fault::answer(403, "no reading for you"); });
    const auto client = exporter::LokiClient::create(settings_.loki);
    const auto side = look_at_dashboards(settings_, **client, "coderd-json", std::nullopt);
    ASSERT_NE(side.chosen_totals(), nullptr);
    EXPECT_THAT(side.chosen_totals()->trouble, HasSubstr("no reading for you"));
}

TEST_F(LokiSideTest, ReadsTheNumbersByDecision) {
    server_.set_rule([](const auto&) {
        return Fault::answer(
            200, R"({"data":{"result":[{"metric":{"decision":"allow"},"value":[1,"5"]},)"
                 R"({"metric":{"decision":"deny"},"value":[1,"7"]}]}})");
    });
    const auto client = exporter::LokiClient::create(settings_.loki);
    const auto side =
        look_at_dashboards(settings_, **client, "boundary-loki", std::chrono::seconds(3600));
    EXPECT_EQ(side.chosen_totals()->allowed, 5U);
    EXPECT_EQ(side.chosen_totals()->denied, 7U);
    EXPECT_EQ(side.ours, 12U);
    EXPECT_THAT(side.chosen_totals()->query, HasSubstr("[3600s]"));
}

TEST(RequestTotalsTest, QuotesWhatIdentifiesTheWorkspace) {
    tailer::WorkspaceIdentity who;
    who.owner = "o\"} or vector(1)#";
    const std::string query = request_totals(dashboards().front(), who, std::chrono::hours(1));
    EXPECT_THAT(query, HasSubstr(R"(owner="o\"} or vector(1)#")"));
    EXPECT_THAT(query, Not(HasSubstr("workspace_name"))) << "what is not known is no filter";
}

TEST(CoderdSideTest, CountsTheAgentsThatForward) {
    test_support::FaultServer server;
    server.set_rule([](const auto&) {
        return Fault::answer(200, R"({"data":{"result":[{"metric":{},"value":[1,"3"]}]}})");
    });
    EXPECT_EQ(look_at_coderd(server.url()).agents, 3);
    server.set_rule([](const auto&) { return Fault::answer(500, "broken"); });
    EXPECT_THAT(look_at_coderd(server.url()).trouble, HasSubstr("broken"));
    EXPECT_THAT(look_at_coderd("ftp://x").trouble, HasSubstr("http(s)://"));
    EXPECT_EQ(look_at_coderd("").trouble, "");
}

}  // namespace
}  // namespace bridge::doctor
