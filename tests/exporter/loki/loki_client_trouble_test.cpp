// SPDX-License-Identifier: MIT
#include <thread>

#include <gmock/gmock.h>

#include "tests/exporter/loki/client_fixture.h"
#include "tests/support/process.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::Fault;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = Fault::Kind;
using Transport = Reply::Transport;

class LokiClientTroubleTest : public ClientTest {};

TEST_F(LokiClientTroubleTest, ARefusedConnectionWasNotSent) {
    settings_.url = "http://127.0.0.1:" + std::to_string(test_support::free_port());
    const Reply reply = client()->push("x", kLong);
    EXPECT_EQ(reply.transport, Transport::NotSent);
    EXPECT_THAT(reply.error, Not(IsEmpty()));
}

TEST_F(LokiClientTroubleTest, AHostThatNobodyKnowsWasNotSent) {
    settings_.url = "http://no-such-host.invalid:3100";
    EXPECT_EQ(client()->push("x", kLong).transport, Transport::NotSent);
}

TEST_F(LokiClientTroubleTest, ATlsHandshakeThatFailsWasNotSent) {
    settings_.url = "https://127.0.0.1:" + std::to_string(server_.port());
    server_.queue(Fault::of(Kind::DropUnread));
    EXPECT_EQ(client()->push("x", kLong).transport, Transport::NotSent);
    EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(LokiClientTroubleTest, AMissingCaFileWasNotSent) {
    settings_.url = "https://127.0.0.1:" + std::to_string(server_.port());
    settings_.ca_cert = folder_.file("none");
    EXPECT_EQ(client()->push("x", kLong).transport, Transport::NotSent);
}

struct DropCase {
    const char* says;
    Fault fault;
};

TEST_F(LokiClientTroubleTest, AConnectionLostOnceTheRequestMayHaveArrivedIsAmbiguous) {
    const DropCase cases[] = {
        {"hung up before reading", Fault::of(Kind::DropUnread)},
        {"hung up after reading", Fault::of(Kind::DropUnanswered)},
        {"hung up within the answer", Fault::of(Kind::DropHalfway)},
    };
    for (const auto& test : cases) {
        Fault fault = test.fault;
        fault.status = 200;
        fault.body = std::string(500, 'x');
        server_.queue(fault);
        const Reply reply = client()->push("x", kLong);
        EXPECT_EQ(reply.transport, Transport::Ambiguous) << test.says;
        EXPECT_THAT(reply.error, Not(IsEmpty())) << test.says;
        EXPECT_EQ(reply.body, "") << test.says;
    }
}

TEST_F(LokiClientTroubleTest, NeverSendsAPushTwiceOnItsOwn) {
    const auto loki = client();
    ASSERT_EQ(loki->push("first", kLong).status, 204);
    // On a connection that was used before, libcurl is tempted to try again.
    server_.queue(Fault::of(Kind::DropUnanswered));
    EXPECT_EQ(loki->push("second", kLong).transport, Transport::Ambiguous);
    ASSERT_THAT(server_.requests(), SizeIs(2));
    EXPECT_EQ(loki->push("third", kLong).status, 204);
    EXPECT_EQ(server_.requests().back().body, "third");
}

TEST_F(LokiClientTroubleTest, OpensANewConnectionWhenTheServerClosedTheOld) {
    Fault last = Fault::answer(204);
    last.headers["Connection"] = "close";
    server_.queue(last);
    const auto loki = client();
    EXPECT_EQ(loki->push("first", kLong).status, 204);
    EXPECT_EQ(loki->push("second", kLong).status, 204);
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(LokiClientTroubleTest, GivesUpOnAnAnswerThatDoesNotCome) {
    server_.queue(Fault::answer(204).after(seconds(60)));
    const auto begun = std::chrono::steady_clock::now();
    const Reply reply = client()->push("x", kShort);
    EXPECT_EQ(reply.transport, Transport::Ambiguous);
    EXPECT_THAT(reply.error, HasSubstr("timed out"));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(20));
}

TEST_F(LokiClientTroubleTest, GivesUpOnAnAnswerThatDrips) {
    Fault fault = Fault::answer(200, std::string(10'000, 'x'));
    fault.drip = milliseconds(10);
    server_.queue(fault);
    EXPECT_EQ(client()->push("x", kShort).transport, Transport::Ambiguous);
}

TEST_F(LokiClientTroubleTest, TakesAnAnswerThatDripsInTime) {
    Fault fault = Fault::answer(204);
    fault.drip = milliseconds(1);
    server_.queue(fault);
    EXPECT_EQ(client()->push("x", kLong).status, 204);
}

TEST_F(LokiClientTroubleTest, RecoversFromEveryTrouble) {
    const auto loki = client();
    for (const Kind kind : {Kind::DropUnread, Kind::DropUnanswered, Kind::DropHalfway}) {
        server_.queue(Fault::of(kind));
        EXPECT_NE(loki->push("x", kLong).transport, Transport::Answered);
        EXPECT_EQ(loki->push("x", kLong).status, 204);
    }
}

TEST_F(LokiClientTroubleTest, AbortEndsARequestUnderWay) {
    server_.queue(Fault::answer(204).after(seconds(60)));
    const auto loki = client();
    const auto begun = std::chrono::steady_clock::now();
    const std::jthread other([&] {
        EXPECT_TRUE(server_.wait_for_requests(1));
        loki->abort();
    });
    const Reply reply = loki->push("x", seconds(60));
    EXPECT_EQ(reply.transport, Transport::Ambiguous);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(20));
}

TEST_F(LokiClientTroubleTest, AbortKeepsLaterRequestsFromBeingSent) {
    const auto loki = client();
    loki->abort();
    EXPECT_EQ(loki->push("x", kLong).transport, Transport::NotSent);
    EXPECT_EQ(loki->query_range("{}", 1, 2, 3, kLong).transport, Transport::NotSent);
    EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST(FaultServerTest, ForwardsToAnUpstreamAndCanLoseItsAnswer) {
    test_support::FaultServer upstream;
    upstream.set_rule([](const test_support::SeenRequest& request) {
        return Fault::answer(request.method == "POST" ? 400 : 200, "of the upstream");
    });
    test_support::FaultServer front(upstream.port());
    front.set_rule([](const auto&) { return Fault::of(Kind::Forward); });
    LokiSettings settings;
    settings.url = front.url();
    settings.tenant = "team-a";
    const auto loki = std::move(*LokiClient::create(settings));
    EXPECT_EQ(loki->push("body", seconds(30)).body, "of the upstream");
    front.queue(Fault::of(Kind::ForwardAndDrop));
    EXPECT_EQ(loki->push("lost answer", seconds(30)).transport, Transport::Ambiguous);
    front.queue(Fault::of(Kind::DropUnanswered));
    EXPECT_EQ(loki->push("lost request", seconds(30)).transport, Transport::Ambiguous);
    EXPECT_EQ(loki->query_range("{}", 1, 2, 3, seconds(30)).status, 200);

    const auto requests = upstream.requests();
    ASSERT_THAT(requests, SizeIs(3));
    EXPECT_EQ(requests[0].body, "body");
    EXPECT_EQ(requests[0].headers.at("x-scope-orgid"), "team-a");
    EXPECT_EQ(requests[1].body, "lost answer");
    EXPECT_EQ(requests[2].method, "GET");
}

TEST(FaultServerTest, AnswersForAnUpstreamThatIsAway) {
    test_support::FaultServer front(test_support::free_port());
    front.set_rule([](const auto&) { return Fault::of(Kind::Forward); });
    LokiSettings settings;
    settings.url = front.url();
    EXPECT_EQ((*LokiClient::create(settings))->push("x", seconds(30)).status, 502);
}

}  // namespace
}  // namespace exporter
