// SPDX-License-Identifier: MIT
// Every kind of line that Boundary is known to write, from its text to what lands in Loki.
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tailer/lines/line_parser.h"
#include "tailer/records/url_normalizer.h"

namespace tailer {
namespace {

constexpr std::string_view kStamp = "time=2026-11-23T20:04:16.707Z ";
constexpr std::int64_t kStampNs = 1'795'464'256'707'000'000;

struct DecisionRow {
    std::string_view what;
    std::string_view line;  ///< behind the time
    Verdict verdict;
    std::string_view method;
    std::string_view url;
    std::string_view host;
    std::string_view rule;
    std::string_view http_url;
    std::string_view domain;
};

constexpr Verdict kAllow = Verdict::Allow;
constexpr Verdict kDeny = Verdict::Deny;

constexpr DecisionRow kDecisions[] = {
    {"a plain allow",
     R"(level=INFO msg=ALLOW method=GET url=https://github.com/ host=github.com rule="domain=github.com")",
     kAllow, "GET", "https://github.com/", "github.com", "domain=github.com", "https://github.com/",
     "github.com"},
    {"an equals sign in the query and a rule of two parts",
     R"(level=INFO msg=ALLOW method=GET url="https://api.example.com/s?q=a&b=c" host=api.example.com rule="domain=*.example.com path=/s")",
     kAllow, "GET", "https://api.example.com/s?q=a&b=c", "api.example.com",
     "domain=*.example.com path=/s", "https://api.example.com/s?q=a&b=c", "api.example.com"},
    {"an IPv6 host with a port and escapes in the path",
     "level=WARN msg=DENY method=POST url=https://[2001:db8::1]:8443/v1/x%20y%2Fz "
     "host=[2001:db8::1]:8443",
     kDeny, "POST", "https://[2001:db8::1]:8443/v1/x%20y%2Fz", "[2001:db8::1]:8443", "",
     "https://[2001:db8::1]:8443/v1/x%20y%2Fz", "2001:db8::1"},
    {"credentials before the host",
     "level=WARN msg=DENY method=GET url=http://user:p%40ss@host.example:8080/a "
     "host=host.example:8080",
     kDeny, "GET", "http://user:p%40ss@host.example:8080/a", "host.example:8080", "",
     "http://host.example:8080/a", "host.example"},
    {"quotes in the query, escaped and raw",
     R"(level=WARN msg=DENY method=GET url="https://h.example/a?q=%22hi%22&r=\"raw\"" host=h.example)",
     kDeny, "GET", R"(https://h.example/a?q=%22hi%22&r="raw")", "h.example", "",
     "https://h.example/a?q=REDACTED&r=REDACTED", "h.example"},
    {"letters beyond ASCII, escaped and raw",
     "level=WARN msg=DENY method=GET url=\"https://h.example/caf%C3%A9?x=\u00e9\" host=h.example",
     kDeny, "GET", "https://h.example/caf%C3%A9?x=\u00e9", "h.example", "",
     "https://h.example/caf%C3%A9?x=REDACTED", "h.example"},
    {"a letter beyond ASCII, bare",
     "level=WARN msg=DENY method=GET url=https://h.example/q?\u00e9 host=h.example", kDeny, "GET",
     "https://h.example/q?\u00e9", "h.example", "", "https://h.example/q?REDACTED", "h.example"},
    {"bytes that are no UTF-8",
     R"(level=WARN msg=DENY method=GET url="https://h.example/q?\xff\xfe" host=h.example)", kDeny,
     "GET", "https://h.example/q?\xff\xfe", "h.example", "", "https://h.example/q?REDACTED",
     "h.example"},
    {"an attempt to inject a line through the path",
     R"(level=WARN msg=DENY method=GET url="https://h.example/a%0Alevel=INFO%20msg=ALLOW" host=h.example)",
     kDeny, "GET", "https://h.example/a%0Alevel=INFO%20msg=ALLOW", "h.example", "",
     "https://h.example/REDACTED=REDACTED", "h.example"},
    {"a raw backslash in a bare value",
     R"(level=WARN msg=DENY method=GET url=https://h.example/a?x\y host=h.example)", kDeny, "GET",
     R"(https://h.example/a?x\y)", "h.example", "", "https://h.example/a?REDACTED", "h.example"},
    {"an escaped backslash",
     "level=WARN msg=DENY method=GET url=https://h.example/a%5Cb host=h.example", kDeny, "GET",
     "https://h.example/a%5Cb", "h.example", "", "https://h.example/a%5Cb", "h.example"},
    {"an attempt to inject a key through the Host header",
     R"(level=WARN msg=DENY method=GET url="https://evil host=\"x\"/" host="evil host=\"x\"")",
     kDeny, "GET", R"(https://evil host="x"/)", R"(evil host="x")", "", "https://REDACTED/",
     "redacted"},
    {"a no-break space in the host",
     R"(level=WARN msg=DENY method=GET url="https://a\u00a0b/" host="a\u00a0b")", kDeny, "GET",
     "https://a\u00a0b/", "a\u00a0b", "", "https://REDACTED/", "redacted"},
    {"a tab in the host", R"(level=WARN msg=DENY method=GET url="https://a\tb/" host="a\tb")",
     kDeny, "GET", "https://a\tb/", "a\tb", "", "https://REDACTED/", "redacted"},
    {"no Host header", R"(level=WARN msg=DENY method=GET url=http:///nohost host="")", kDeny, "GET",
     "http:///nohost", "", "", "http:///nohost", ""},
    {"OPTIONS *", "level=WARN msg=DENY method=OPTIONS url=https://h.example* host=h.example", kDeny,
     "OPTIONS", "https://h.example*", "h.example", "", "https://h.example/*", "h.example"},
    {"capitals and a default port",
     "level=WARN msg=DENY method=get url=http://H.Example:80/X host=H.Example:80", kDeny, "get",
     "http://H.Example:80/X", "H.Example:80", "", "http://H.Example:80/X", "h.example"},
    {"a rare method", "level=WARN msg=DENY method=M-SEARCH url=https://h.example/ host=h.example",
     kDeny, "M-SEARCH", "https://h.example/", "h.example", "", "https://h.example/", "h.example"},
    {"a zero-width space",
     R"(level=WARN msg=DENY method=GET url="https://h.example/z?\u200b" host=h.example)", kDeny,
     "GET", "https://h.example/z?\u200b", "h.example", "", "https://h.example/z?REDACTED",
     "h.example"},
    {"a semicolon in the path",
     R"(level=WARN msg=DENY method=GET url="https://h.example/a;b=c?d" host=h.example)", kDeny,
     "GET", "https://h.example/a;b=c?d", "h.example", "", "https://h.example/a;b=c?d", "h.example"},
    {"an empty rule",
     R"(level=INFO msg=ALLOW method=GET url=https://h.example/ host=h.example rule="")", kAllow,
     "GET", "https://h.example/", "h.example", "", "https://h.example/", "h.example"},
    {"control bytes in the rule",
     R"(level=INFO msg=ALLOW method=GET url=https://h.example/ host=h.example rule="domain=h.example\tpath=/\n")",
     kAllow, "GET", "https://h.example/", "h.example", "domain=h.example\tpath=/\n",
     "https://h.example/", "h.example"},
    {"a path alone, as before v0.5.2", "level=WARN msg=DENY method=GET url=/x%20y host=h.example",
     kDeny, "GET", "/x%20y", "h.example", "", "http://h.example/x%20y", "h.example"},
};

TEST(BoundaryLinesTest, EveryKnownDecisionIsReadAndNormalised) {
    LineParser parser;
    UrlNormalizer urls(QueryPolicy::Redact);
    for (const auto& row : kDecisions) {
        SCOPED_TRACE(row.what);
        const std::string line = std::string(kStamp) + std::string(row.line);
        const auto parsed = parser.parse(line);
        ASSERT_TRUE(std::holds_alternative<Decision>(parsed));
        const auto& decision = std::get<Decision>(parsed);
        EXPECT_EQ(decision.time_ns, kStampNs);
        EXPECT_EQ(decision.verdict, row.verdict);
        EXPECT_EQ(decision.method, row.method);
        EXPECT_EQ(decision.url, row.url);
        EXPECT_EQ(decision.host, row.host);
        EXPECT_EQ(decision.rule, row.rule);
        const NormalizedUrl url = urls.normalize(decision.url, decision.host);
        EXPECT_EQ(url.http_url, row.http_url);
        EXPECT_EQ(url.domain, row.domain);
    }
}

TEST(BoundaryLinesTest, AStampInAnotherZoneIsTheSameInstant) {
    LineParser parser;
    const auto parsed = parser.parse(
        "time=2026-11-23T21:04:16.712+01:00 level=WARN msg=DENY method=GET "
        "url=https://evil.example/ host=evil.example");
    EXPECT_EQ(std::get<Decision>(parsed).time_ns, kStampNs + 5'000'000);
}

struct NoticeRow {
    std::string_view line;
    std::string_view level;
    std::string_view message;
    std::vector<std::pair<std::string_view, std::string_view>> fields;
};

TEST(BoundaryLinesTest, EveryOtherKnownLineIsANotice) {
    const std::vector<NoticeRow> rows = {
        {R"(level=ERROR msg="Failed to read HTTP request" error="malformed HTTP version \"/ HTTP/1.1\"")",
         "ERROR",
         "Failed to read HTTP request",
         {{"error", "malformed HTTP version \"/ HTTP/1.1\""}}},
        {R"(level=ERROR msg="Failed to read HTTP request" error="malformed HTTP request \"\\x00\\x01\\x02SSH-2.0-OpenSSH_9\"")",
         "ERROR",
         "Failed to read HTTP request",
         {{"error", R"(malformed HTTP request "\x00\x01\x02SSH-2.0-OpenSSH_9")"}}},
        {R"(level=WARN msg="failed to connect to audit socket" path=/tmp/boundary-audit.sock error="dial unix /tmp/boundary-audit.sock: connect: connection refused")",
         "WARN",
         "failed to connect to audit socket",
         {{"path", "/tmp/boundary-audit.sock"},
          {"error", "dial unix /tmp/boundary-audit.sock: connect: connection refused"}}},
        {R"(level=INFO msg="boundary session started" session_id=3f2c1d9e-0000-4000-8000-000000000001)",
         "INFO",
         "boundary session started",
         {{"session_id", "3f2c1d9e-0000-4000-8000-000000000001"}}},
        {R"(level=ERROR msg="Failed to read HTTP request from CONNECT tunnel" error="line1\nline2 \"q\" \\ tab\t")",
         "ERROR",
         "Failed to read HTTP request from CONNECT tunnel",
         {{"error", "line1\nline2 \"q\" \\ tab\t"}}},
        {R"(level=WARN msg="Audit logs are disabled; workspace agent has not created log proxy socket" socket=/tmp/boundary-audit.sock)",
         "WARN",
         "Audit logs are disabled; workspace agent has not created log proxy socket",
         {{"socket", "/tmp/boundary-audit.sock"}}},
        {R"(level=WARN msg="audit log dropped, channel full")",
         "WARN",
         "audit log dropped, channel full",
         {}},
        {R"(level=WARN msg="no connection to flush; resetting batch timer" duration_sec=5 batch_size=10)",
         "WARN",
         "no connection to flush; resetting batch timer",
         {{"duration_sec", "5"}, {"batch_size", "10"}}},
        {R"(level=WARN msg="No allow rules specified; all network traffic will be denied by default")",
         "WARN",
         "No allow rules specified; all network traffic will be denied by default",
         {}},
        {R"(level=INFO msg="Starting HTTP proxy with TLS termination" port=8087)",
         "INFO",
         "Starting HTTP proxy with TLS termination",
         {{"port", "8087"}}},
        {R"(level=INFO msg="Executing target command" command="[claude --resume a b]")",
         "INFO",
         "Executing target command",
         {{"command", "[claude --resume a b]"}}},
        {R"(level=INFO msg="Command completed, shutting down...")",
         "INFO",
         "Command completed, shutting down...",
         {}},
        {R"(level=ERROR msg="Failed to forward back HTTP response" error=EOF host=h.example method=GET)",
         "ERROR",
         "Failed to forward back HTTP response",
         {{"error", "EOF"}, {"host", "h.example"}, {"method", "GET"}}},
        {R"(level=ERROR msg="Failed to run child process" error="exit status 1")",
         "ERROR",
         "Failed to run child process",
         {{"error", "exit status 1"}}},
        {"level=DEBUG msg=\"\U0001F525 rule evaluation\"",
         "DEBUG",
         "\U0001F525 rule evaluation",
         {}},
    };
    LineParser parser;
    for (const auto& row : rows) {
        SCOPED_TRACE(row.line);
        const std::string line = std::string(kStamp) + std::string(row.line);
        const auto parsed = parser.parse(line);
        ASSERT_TRUE(std::holds_alternative<Notice>(parsed));
        const auto& notice = std::get<Notice>(parsed);
        EXPECT_EQ(notice.time_ns, kStampNs);
        EXPECT_EQ(notice.level, row.level);
        EXPECT_EQ(notice.message, row.message);
        ASSERT_EQ(notice.fields.size(), row.fields.size());
        for (std::size_t i = 0; i < row.fields.size(); ++i) {
            EXPECT_EQ(notice.fields[i].name, row.fields[i].first);
            EXPECT_EQ(notice.fields[i].value, row.fields[i].second);
        }
    }
}

}  // namespace
}  // namespace tailer
