// SPDX-License-Identifier: MIT
// What may answer in Loki's place, over the wire.
#include <cstdlib>
#include <memory>

#include "exporter/loki/loki_client.h"
#include "tests/hostile/hostile_fixture.h"
#include "tests/support/fault_server.h"

namespace hostile {
namespace {

using exporter::Outcome;
using exporter::Reply;
using std::chrono::milliseconds;
using test_support::Fault;

Fault dripping(int bytes) {
    Fault fault = Fault::answer(204, std::string(static_cast<std::size_t>(bytes), 'x'));
    fault.drip = milliseconds(20);
    return fault;
}

Fault leading_to(const std::string& address) {
    Fault fault = Fault::answer(307);
    fault.headers["Location"] = address;
    return fault;
}

Fault with_header(const std::string& name, const std::string& value) {
    Fault fault = Fault::answer(500, "x");
    fault.headers[name] = value;
    return fault;
}

struct ServerCase {
    std::string_view name;
    Fault fault;
    Outcome outcome = Outcome::Retry;
    std::string_view advice = {};  ///< part of what the operator is told
    std::chrono::milliseconds timeout{20'000};
    friend std::ostream& operator<<(std::ostream& out, const ServerCase& row) {
        return out << row.name;
    }
};

std::vector<ServerCase> server_cases() {
    const std::string page = "<html>\r\n<head><title>400 Bad Request</title></head>\r\n";
    return {
        {"hangs up without reading", Fault::of(Fault::Kind::DropUnread)},
        {"hangs up without answering", Fault::of(Fault::Kind::DropUnanswered)},
        {"hangs up within its answer", Fault::of(Fault::Kind::DropHalfway)},
        {.name = "never answers",
         .fault = Fault::answer(204).after(std::chrono::seconds(60)),
         .timeout = milliseconds(400)},
        {.name = "answers a byte at a time",
         .fault = dripping(10'000),
         .timeout = milliseconds(400)},
        {"answers with eight megabytes", Fault::answer(500, std::string(8U << 20U, 'x'))},
        {"answers with terminal commands",
         Fault::answer(500, "\x1b[2J\x1b]0;x\x07\nlevel=INFO msg=forged")},
        {"answers with invalid UTF-8", Fault::answer(503, "\xff\xfe\xc0")},
        {"answers with NUL bytes", Fault::answer(500, std::string(100, '\0'))},
        {"answers with JSON nested very deep", Fault::answer(500, std::string(100'000, '['))},
        {"has a header of fifty thousand bytes", with_header("X-Long", std::string(50'000, 'x'))},
        {"says that it packed what it did not", with_header("Content-Encoding", "gzip")},
        {"is no Loki", Fault::answer(200, "<html>welcome</html>"), Outcome::Hold,
         "is not Loki's push API"},
        {"blocks the tenant", Fault::answer(260), Outcome::Hold},
        {"wants credentials", Fault::answer(401, "login"), Outcome::Hold, "--bearer-token-file"},
        {"wants a tenant", Fault::answer(401, "no org id"), Outcome::Hold, "--tenant"},
        {"forbids", Fault::answer(403, "no"), Outcome::Hold, "may not push"},
        {"has no such path", Fault::answer(404, "404 page not found"), Outcome::Hold,
         "base address"},
        {"leads to another host", leading_to("http://127.0.0.2:1/loki/api/v1/push"), Outcome::Hold,
         "redirects are not followed"},
        {"leads to a file", leading_to("file:///etc/passwd"), Outcome::Hold,
         "redirects are not followed"},
        {"is a proxy that wants a client certificate",
         Fault::answer(400, page + "No required SSL certificate was sent"), Outcome::Hold,
         "--client-cert"},
        {"is a proxy that wants to be spoken to by TLS",
         Fault::answer(400, page + "The plain HTTP request was sent to HTTPS port"), Outcome::Hold,
         "https://"},
        {"finds the tenant odd",
         Fault::answer(400, "tenant ID 'a|b' contains unsupported character '|'"), Outcome::Hold,
         "mend --tenant"},
        {"is overloaded", Fault::answer(429, "ingestion rate limit exceeded")},
        {"is broken", Fault::answer(599, "x")},
    };
}

class HostileServerTest : public HostileTest, public testing::WithParamInterface<ServerCase> {
protected:
    static void SetUpTestSuite() {
        for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
            ::unsetenv(name);
        }
    }
    HostileServerTest() {
        exporter::LokiSettings settings;
        settings.url = server_.url();
        settings.bearer_token = "hunter2";
        client_ = std::move(*exporter::LokiClient::create(settings));
    }

    test_support::FaultServer server_;
    std::unique_ptr<exporter::LokiClient> client_;
};

TEST_P(HostileServerTest, LosesNothingAndIsToldApart) {
    begin();
    constexpr int kTimes = 3;
    int times = 0;
    Reply seen;
    // Real time passes in here only; the daemon's clock is the test's.
    loki_.set_rule([&](const test_support::SeenPush& push) {
        if (++times > kTimes) {
            return loki_.store(push);
        }
        server_.queue(GetParam().fault);
        seen = client_->push("a push", GetParam().timeout);
        return seen;
    });
    write(5, allow(milliseconds(1), "meanwhile"));
    end();
    EXPECT_GE(times, kTimes);
    EXPECT_EQ(counts(), Counts{.decisions = 1});
    EXPECT_TRUE(arrived("https://h.example/meanwhile"));
    EXPECT_TRUE(letters().empty());
    expect_sound();

    EXPECT_EQ(exporter::classify(seen), GetParam().outcome) << seen.status << seen.error;
    EXPECT_LE(seen.body.size(), 64U << 10U);
    EXPECT_LE(exporter::reply_text(seen).size(), 600U);
    EXPECT_NE(exporter::advice(seen).find(GetParam().advice), std::string_view::npos)
        << exporter::advice(seen);
    EXPECT_EQ(exporter::advice(seen).empty(), GetParam().advice.empty());
    for (const auto& request : server_.requests()) {
        EXPECT_EQ(request.target, "/loki/api/v1/push");
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileServerTest, testing::ValuesIn(server_cases()),
                         [](const auto& row) { return test_name(row.param.name); });

}  // namespace
}  // namespace hostile
