// SPDX-License-Identifier: MIT
#include "tailer/records/text_redaction.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tailer/records/rule_redaction.h"

namespace tailer {
namespace {

std::string readable(std::string_view text, QueryPolicy policy = QueryPolicy::Redact) {
    std::string out;
    TextRedactor(policy).append(out, text);
    return out;
}

std::string readable_error(std::string_view text) {
    std::string out;
    TextRedactor(QueryPolicy::Redact).append_error(out, text);
    return out;
}

struct TextRow {
    std::string_view text;
    std::string_view readable;
};

TEST(TextRedactionTest, TakesOutWhatIsNoPlainWord) {
    constexpr TextRow kRows[] = {
        {"", ""},
        {"see https://h.example/a", "see https://h.example/a"},
        {"Get \"https://joe:pw@h.example/a?token=s&b=1\": EOF",
         "Get \"https://h.example/a?token=REDACTED&b=1\": EOF"},
        {"two https://a:b@h/ and ftp://c:d@i/", "two https://h/ and ftp://i/"},
        {"a path alone /x?password=s ", "a path alone /x?password=REDACTED "},
        {"a question? yes", "a question? yes"},
        {"curl -u joe:hunter2 x", "curl -u REDACTED x"},
        {"login --password swordfish now", "login --password REDACTED now"},
        {"login --password=swordfish", "login --password=REDACTED"},
        {"mysql -phunter2", "mysql REDACTED"},
        {"Authorization: Bearer swordfish", "Authorization: Bearer REDACTED"},
        {"Authorization: Basic am9lOng=", "Authorization: Basic REDACTED"},
        {"password: swordfish", "password: REDACTED"},
        {"{\"password\":\"sword fish\",\"a\":\"b\"}",
         "{\"password\":\"REDACTED REDACTED\",\"a\":\"b\"}"},
        {"TOKEN=swordfish cmd", "TOKEN=REDACTED cmd"},
        {"a hunter2 b", "a REDACTED b"},
        {"key ghp_abcdefgh x", "key REDACTED x"},
        {"command=\"[curl x]\" more", "command=\"[REDACTED"},
        {"REDACTED", "REDACTED"},
        {"password: one two three", "password: REDACTED"},
        {"password:letmein", "REDACTED"},
        {"password = letmein", "password = REDACTED"},
        {"code 123456", "code REDACTED"},
        {"Authorization: Bearer a b c", "Authorization: Bearer REDACTED"},
        {"Zx9Kq2Lm=letmein", "REDACTED=REDACTED"},
        {"user joe with password letmein", "user joe with password REDACTED"},
        {"password 'letmein'", "password 'REDACTED'"},
        {"the token is \"letmein\"", "the token is \"REDACTED\""},
        {"token -> letmein", "token -> REDACTED"},
        {"x-auth-token letmein", "x-auth-token REDACTED"},
        {"invalid key \"letmein\"", "invalid key \"REDACTED\""},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(readable(row.text), row.readable);
        EXPECT_EQ(readable(row.readable), row.readable) << "once is enough";
    }
}

TEST(TextRedactionTest, AValueIsJudgedByItsKey) {
    const auto value = [](std::string_view key, std::string_view text) {
        std::string out;
        TextRedactor(QueryPolicy::Redact).append_value(out, key, text);
        return out;
    };
    EXPECT_EQ(value("command", "[ls]"), "REDACTED");
    EXPECT_EQ(value("Password", "letmein"), "REDACTED");
    EXPECT_EQ(value("password", ""), "");
    EXPECT_EQ(value("reason", "too late"), "too late");
}

TEST(TextRedactionTest, LeavesWhatTheFieldReallySays) {
    for (const std::string_view text :
         {"dial tcp: lookup npm.registry.example on 10.0.0.2:53: no such host",
          "read tcp 127.0.0.1:8080->127.0.0.1:40122: connection reset by peer",
          "remote error: tls: unknown certificate authority",
          "listen tcp :8087: bind: address already in use", "exit status 3",
          "x509: certificate signed by unknown authority",
          "dial unix /tmp/boundary-audit.sock: connect: connection refused",
          "open /home/coder/.config/coder_boundary/ca-key.pem: permission denied",
          "time=2026-06-09T12:00:00.123Z level=WARN msg=DENY method=GET url=https://h.example/a",
          "entry too far behind, the oldest acceptable timestamp is: 2026-06-09T12:00:00Z",
          "domain=*.example path=/a,/b/* method=GET,HEAD", "domain=127.0.0.1",
          "method=GET,HEAD domain=localhost path=/x", "[2001:db8::1]:8443",
          "the token was refused by the server", "password authentication failed",
          "no token, no access"}) {
        EXPECT_EQ(readable(text), text);
    }
}

TEST(TextRedactionTest, AnErrorsQuotesAreTheOtherSidesWords) {
    EXPECT_EQ(readable_error("malformed HTTP request \"swordfish\""),
              "malformed HTTP request \" REDACTED");
    EXPECT_EQ(readable_error("exec: \"claude\": executable file not found in $PATH"),
              "exec: \"REDACTED\": executable file not found in $PATH");
    EXPECT_EQ(readable_error("Get \"https://h.example/a\": EOF"),
              "Get \"https://h.example/a\": EOF");
    EXPECT_EQ(readable_error("malformed MIME header line: Bearer swordfish"),
              "malformed MIME header line: REDACTED");
}

TEST(TextRedactionTest, TheNameOfASessionStays) {
    constexpr std::string_view kSession = "boundary-2026-06-09_12-00-00-4242";
    EXPECT_EQ(readable_error("session " + std::string(kSession) + ", bytes lost 7"),
              "session boundary-2026-06-09_12-00-00-4242, bytes lost 7");
    EXPECT_EQ(readable_error("session boundary-2026-06-09_12-00-00-swordfish9"),
              "session REDACTED");
}

TEST(TextRedactionTest, ThePolicyIsThatOfQueries) {
    constexpr std::string_view kText = "at https://joe:pw@h/a?b=1&token=s now";
    EXPECT_EQ(readable(kText, QueryPolicy::Keep), "at https://h/a?b=1&token=s now");
    EXPECT_EQ(readable(kText, QueryPolicy::Drop), "at https://h/a now");
}

TEST(RuleRedactionTest, GivesTheSameAgainAndTakesSecretsOut) {
    RuleRedactor rules(QueryPolicy::Redact);
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(rules.redacted(""), "");
        EXPECT_EQ(rules.redacted("domain=*.example path=\"/a\""), "domain=*.example path=\"/a\"");
        EXPECT_EQ(rules.redacted("domain=h.example path=/token/swordfish"),
                  "domain=h.example path=/token/REDACTED");
        EXPECT_EQ(rules.redacted("domain=joe:pw@h.example"), "domain=h.example");
        EXPECT_EQ(rules.redacted("domain=2001:db8::1,::1"), "domain=2001:db8::1,::1");
        EXPECT_EQ(rules.redacted("method=M-SEARCH,purge"), "method=M-SEARCH,purge");
        EXPECT_EQ(rules.redacted("domain=h.example password:letmein"), "domain=h.example REDACTED");
        EXPECT_EQ(rules.redacted("domain=h.example note=letmein"),
                  "domain=h.example note=REDACTED");
        EXPECT_EQ(rules.redacted("method=GET,LETMEIN,* domain=a.example,*.b.example"),
                  "method=GET,REDACTED,* domain=a.example,*.b.example");
        EXPECT_EQ(rules.redacted("path=/a,/token/letmein,/b/*"), "path=/a,/token/REDACTED,/b/*");
        for (int i = 0; i < 200; ++i) {
            const std::string rule = "domain=h.example path=/a/" + std::to_string(i);
            ASSERT_EQ(rules.redacted(rule), rule);
        }
    }
}

}  // namespace
}  // namespace tailer
