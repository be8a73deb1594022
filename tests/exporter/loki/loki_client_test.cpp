// SPDX-License-Identifier: MIT
#include "exporter/loki/loki_client.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/exporter/loki/client_fixture.h"

namespace exporter {
namespace {

using test_support::Fault;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class LokiClientTest : public ClientTest {};

TEST_F(LokiClientTest, PostsTheBodyAsItIs) {
    std::string body = "\x01\x02 any bytes \xFF";
    body.push_back('\0');
    body += "and on";
    const Reply reply = client()->push(body, kLong);
    EXPECT_EQ(reply.transport, Reply::Transport::Answered);
    EXPECT_EQ(reply.status, 204);
    ASSERT_THAT(server_.requests(), SizeIs(1));
    const auto request = server_.requests()[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/loki/api/v1/push");
    EXPECT_EQ(request.body, body);
    EXPECT_THAT(request.headers, Contains(Pair("content-type", "application/x-protobuf")));
    EXPECT_THAT(request.headers, Contains(Pair("content-length", std::to_string(body.size()))));
    EXPECT_THAT(request.headers, Contains(Pair("user-agent", "boundary-loki/test")));
    EXPECT_THAT(request.headers, Not(Contains(Key("expect"))));
    EXPECT_THAT(request.headers, Not(Contains(Key("x-scope-orgid"))));
    EXPECT_THAT(request.headers, Not(Contains(Key("authorization"))));
    EXPECT_THAT(request.headers, Not(Contains(Key("vl-loki-disable-message-parsing"))));
}

TEST_F(LokiClientTest, PostsABodyOfSomeMebibytes) {
    const std::string body(4U << 20U, 'x');
    EXPECT_EQ(client()->push(body, kLong).status, 204);
    EXPECT_EQ(server_.requests().at(0).body, body);
}

TEST_F(LokiClientTest, KeepsAPathOfTheBaseAddress) {
    settings_.url += "/gateway/loki//";
    static_cast<void>(client()->push("x", kLong));
    EXPECT_EQ(server_.requests().at(0).target, "/gateway/loki/loki/api/v1/push");
}

TEST_F(LokiClientTest, NamesItsTenant) {
    settings_.tenant = "team-a";
    const auto loki = client();
    static_cast<void>(loki->push("x", kLong));
    static_cast<void>(loki->query_range("{}", 1, 2, 3, kLong));
    for (const auto& request : server_.requests()) {
        EXPECT_THAT(request.headers, Contains(Pair("x-scope-orgid", "team-a")));
    }
}

TEST_F(LokiClientTest, SendsBasicCredentials) {
    settings_.username = "user";
    settings_.password = "pa:ss \"word\"";
    static_cast<void>(client()->push("x", kLong));
    EXPECT_THAT(server_.requests().at(0).headers,
                Contains(Pair("authorization", "Basic dXNlcjpwYTpzcyAid29yZCI=")));
}

TEST_F(LokiClientTest, SendsABearerToken) {
    settings_.bearer_token = "token-1";
    static_cast<void>(client()->push("x", kLong));
    EXPECT_THAT(server_.requests().at(0).headers,
                Contains(Pair("authorization", "Bearer token-1")));
}

TEST_F(LokiClientTest, ReadsTheTokenFileAgainWhenItChanges) {
    settings_.bearer_token_file = folder_.append("token", "first\r\n");
    const auto loki = client();
    static_cast<void>(loki->push("x", kLong));
    std::ofstream(settings_.bearer_token_file, std::ios::trunc) << "second \nignored";
    static_cast<void>(loki->push("x", kLong));
    std::filesystem::remove(settings_.bearer_token_file);
    // Without it there is no point in asking.
    EXPECT_THAT(loki->push("x", kLong).error,
                HasSubstr("cannot read " + settings_.bearer_token_file));
    std::ofstream(settings_.bearer_token_file) << " \n";
    EXPECT_THAT(loki->push("x", kLong).error, HasSubstr("is empty"));
    std::ofstream(settings_.bearer_token_file) << "third\rX-Evil: 1\n";
    EXPECT_THAT(loki->push("x", kLong).error, HasSubstr("control byte"));
    std::filesystem::remove(settings_.bearer_token_file);
    ASSERT_EQ(::mkfifo(settings_.bearer_token_file.c_str(), 0600), 0);
    EXPECT_THAT(loki->push("x", kLong).error, HasSubstr("no regular file"));
    const auto requests = server_.requests();
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_EQ(requests[0].headers.at("authorization"), "Bearer first");
    EXPECT_EQ(requests[1].headers.at("authorization"), "Bearer second");
}

TEST_F(LokiClientTest, RefusesATenantOrTokenThatCannotBeOne) {
    for (const std::string tenant : {"a|b", "a b", "..", "a\r\nX-Evil: 1", "\xc3\xa9"}) {
        settings_.tenant = tenant;
        EXPECT_FALSE(LokiClient::create(settings_)) << tenant;
    }
    settings_.tenant = std::string(151, 'a');
    EXPECT_FALSE(LokiClient::create(settings_));
    settings_.tenant = "Team-1_(a).b*!'";
    EXPECT_TRUE(LokiClient::create(settings_));
    settings_.bearer_token = "secret\n";
    const auto created = LokiClient::create(settings_);
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error().message, Not(HasSubstr("secret")));
}

TEST_F(LokiClientTest, ShowsNoCredentialThatAServerGivesBack) {
    settings_.username = "joe";
    settings_.password = "pa:ss \"word\"";
    server_.set_rule([](const test_support::SeenRequest& request) {
        return test_support::Fault::answer(
            500, request.headers.at("authorization") + ", that is pa:ss \"word\"");
    });
    EXPECT_EQ(client()->push("x", kLong).body, "Basic REDACTED==, that is REDACTED");
}

TEST_F(LokiClientTest, ReadsThePasswordFileForEveryRequest) {
    settings_.username = "user";
    settings_.password_file = folder_.append("password", " one two \r\n");
    const auto loki = client();
    static_cast<void>(loki->push("x", kLong));
    std::ofstream(settings_.password_file, std::ios::trunc) << "three";
    static_cast<void>(loki->push("x", kLong));
    const auto requests = server_.requests();
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_EQ(requests[0].headers.at("authorization"), "Basic dXNlcjpvbmUgdHdv");
    EXPECT_EQ(requests[1].headers.at("authorization"), "Basic dXNlcjp0aHJlZQ==");
}

TEST_F(LokiClientTest, OpensANewConnectionWhenAskedTo) {
    const auto loki = client();
    static_cast<void>(loki->push("x", kLong));
    static_cast<void>(loki->push("x", kLong));
    EXPECT_EQ(server_.connections(), 1U);
    loki->reconnect();
    static_cast<void>(loki->push("x", kLong));
    static_cast<void>(loki->push("x", kLong));
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(LokiClientTest, GetsAnyPathAndTellsTheServersTime) {
    Fault fault = Fault::answer(200, "body");
    fault.headers["Date"] = "Tue, 09 Jun 2026 12:00:00 GMT";
    server_.queue(fault);
    const auto loki = client();
    const Reply reply = loki->get("/ready", {{"a", "b c"}, {"d", "&"}}, kLong);
    EXPECT_EQ(reply.body, "body");
    EXPECT_EQ(reply.server_time, 1'781'006'400);
    EXPECT_EQ(server_.requests().at(0).target, "/ready?a=b%20c&d=%26");
    server_.queue(Fault::answer(200));
    EXPECT_EQ(loki->get("/ready", {}, kLong).server_time, std::nullopt) << "of the answer before";
}

TEST_F(LokiClientTest, AsksForARangeOldestFirst) {
    server_.queue(Fault::answer(200, R"({"data":{}})"));
    const Reply reply =
        client()->query_range(R"({a="b c&d", e="+%"})", -5, 1'781'006'400'000'000'000, 1000, kLong);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, R"({"data":{}})");
    const auto request = server_.requests().at(0);
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.target,
              "/loki/api/v1/query_range?query=%7Ba%3D%22b%20c%26d%22%2C%20e%3D%22%2B%25%22%7D"
              "&start=-5&end=1781006400000000000&limit=1000&direction=forward");
    EXPECT_EQ(request.body, "");
    EXPECT_THAT(request.headers, Contains(Pair("cache-control", "no-cache")));
    EXPECT_THAT(request.headers, Not(Contains(Key("content-type"))));
}

TEST_F(LokiClientTest, GivesStatusAndBodyOfARefusal) {
    server_.queue(Fault::answer(400, "entry too far behind\n"));
    const Reply reply = client()->push("x", kLong);
    EXPECT_EQ(reply.transport, Reply::Transport::Answered);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.body, "entry too far behind\n");
}

TEST_F(LokiClientTest, UsesOneConnectionForAllRequests) {
    const auto loki = client();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(loki->push("x", kLong).status, 204);
        server_.queue(Fault::answer(200, "{}"));
        EXPECT_EQ(loki->query_range("{}", 1, 2, 3, kLong).status, 200);
    }
    EXPECT_THAT(server_.requests(), SizeIs(10));
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(LokiClientTest, FollowsNoRedirect) {
    Fault redirect = Fault::answer(307);
    redirect.headers["Location"] = server_.url() + "/elsewhere";
    server_.queue(redirect);
    EXPECT_EQ(client()->push("x", kLong).status, 307);
    EXPECT_THAT(server_.requests(), SizeIs(1));
}

TEST_F(LokiClientTest, ReadsAnErrorTextOnlyUpToACap) {
    server_.queue(Fault::answer(500, std::string(1U << 20U, 'x')));
    const auto loki = client();
    const Reply reply = loki->push("x", kLong);
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body, std::string(64U << 10U, 'x'));
    EXPECT_EQ(loki->push("x", kLong).status, 204);
    EXPECT_EQ(server_.connections(), 1U) << "the connection stays good";
}

TEST_F(LokiClientTest, ReadsAPageOfEntriesUpToACap) {
    server_.queue(Fault::answer(200, std::string(20U << 20U, 'x')));
    EXPECT_EQ(client()->query_range("{}", 1, 2, 3, kLong).body.size(), 16U << 20U);
}

TEST_F(LokiClientTest, ForgetsTheBodyOfTheRequestBefore) {
    server_.queue(Fault::answer(500, "trouble"));
    const auto loki = client();
    EXPECT_EQ(loki->push("x", kLong).body, "trouble");
    EXPECT_EQ(loki->push("x", kLong).body, "");
}

struct UrlCase {
    const char* url;
    const char* trouble;  ///< empty = good
};

const UrlCase kUrls[] = {
    {"http://loki.example:3100", ""},
    {"https://loki.example", ""},
    {"http://127.0.0.1:3100/prefix/", ""},
    {"http://[2001:db8::1]:3100", ""},
    {"HTTPS://LOKI.example", ""},
    {"", "not a URL"},
    {"loki.example", "not a URL"},
    {"loki.example:3100", "not a URL"},
    {"/loki", "not a URL"},
    {"ftp://loki.example", "not a URL"},
    {"file:///etc/passwd", "not a URL"},
    {"http://", "not a URL"},
    {"http://loki.example:port", "not a URL"},
    {"http://loki.example:99999", "not a URL"},
    {"http://loki .example", "not a URL"},
    {"http://user:SECRET@loki.example", "--password-file"},
    {"http://user@loki.example", "--password-file"},
    {"http://:SECRET@loki.example", "--password-file"},
    {"http://loki.example/?token=SECRET", "query or fragment"},
    {"http://loki.example/#SECRET", "query or fragment"},
    {"ftp://user:SECRET@loki.example", "not a URL"},
    {"http://user:SECRET@loki.example:port", "not a URL"},
};

TEST(LokiUrlTest, TakesBaseAddressesAndSaysWhatIsWrongWithOthers) {
    for (const auto& test : kUrls) {
        const auto checked = check_loki_url(test.url);
        EXPECT_EQ(checked.has_value(), *test.trouble == '\0') << test.url;
        if (!checked) {
            EXPECT_THAT(checked.error().message, HasSubstr(test.trouble)) << test.url;
            EXPECT_THAT(checked.error().message, Not(HasSubstr("SECRET"))) << test.url;
        }
        LokiSettings settings;
        settings.url = test.url;
        EXPECT_EQ(LokiClient::create(settings).has_value(), checked.has_value()) << test.url;
    }
}

}  // namespace
}  // namespace exporter
