// SPDX-License-Identifier: MIT
// What may stand in a log file that others can write to.
#include <functional>

#include "tests/hostile/hostile_fixture.h"

namespace hostile {
namespace {

constexpr std::string_view kTime = "time=2026-05-28T20:26:40.005Z ";
constexpr std::string_view kDeny =
    "level=WARN msg=DENY method=GET url=https://h.example/x host=h.example";

std::string timed(std::string_view rest) { return std::string(kTime).append(rest) + "\n"; }

std::string stamped(std::string_view time) {
    return std::string("time=").append(time).append(" ").append(kDeny) + "\n";
}

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += part;
    }
    return text;
}

const Counts kDecision{.decisions = 1};
const Counts kNotice{.notices = 1};
const Counts kUnparsed{.unparsed = 1};
const Counts kSuspectDecision{.decisions = 1, .suspect = 1};
const Counts kSuspectNotice{.notices = 1, .suspect = 1};

struct ContentCase {
    std::string_view name;
    std::string text;
    Counts counts;
    std::string_view holds = {};  ///< some line in Loki
    std::string_view lacks = {};  ///< every line in Loki and every dead letter
    friend std::ostream& operator<<(std::ostream& out, const ContentCase& row) {
        return out << row.name;
    }
};

std::vector<ContentCase> bytes() {
    const std::string deny = timed(kDeny);
    return {
        {"NUL bytes before a line", std::string(5000, '\0') + deny, kDecision},
        {"NUL bytes within a value",
         timed(std::string("level=WARN msg=DENY method=GET url=https://h.example/\0x host=h", 62)),
         kDecision, "/%00x"},
        {"nothing but NUL bytes", std::string(600'000, '\0'), {}},
        {"nothing but newlines", std::string(300, '\n'), Counts{.unparsed = 300}},
        {"a line of spaces", "     \n", kUnparsed},
        {"invalid UTF-8",
         timed("level=WARN msg=DENY method=GET url=https://h.example/\xff\xfe host=h"), kDecision,
         "/%FF%FE"},
        {"a slash in two bytes",
         timed("level=WARN msg=DENY method=GET url=https://h.example/\xc0\xaf host=h"), kDecision,
         "/%C0%AF"},
        {"half a surrogate pair",
         timed("level=WARN msg=DENY method=GET url=https://h.example/\xed\xa0\x80 host=h"),
         kDecision, "/%ED%A0%80"},
        {"half a character at the end of a line", timed("level=WARN msg=\"x \xe2\x82\""), kNotice,
         "boundary: x REDACTED"},
        {"a character across the edge of the buffer",
         repeated(deny, 4) + timed("level=INFO msg=" + std::string(262'000, 'x') + "\xe2\x82\xac"),
         Counts{.decisions = 4, .notices = 1}, "boundary: REDACTED"},
        {"a carriage return at the end", timed(std::string(kDeny) + "\r"), kDecision, "/x\""},
        {"carriage returns instead of newlines",
         std::string(kTime) + std::string(kDeny) + "\r" + deny,
         kDecision,
         {},
         "\r"},
        {"a byte order mark", "\xef\xbb\xbf" + deny, kDecision},
        {"a line one byte too long", std::string(262'145, 'x') + "\n", kUnparsed},
        {"a line of eight megabytes", std::string(8U << 20U, 'x') + "\n" + deny,
         Counts{.decisions = 1, .unparsed = 1}},
        {"an endless line", std::string(3U << 20U, 'x'), {}},
        {"a terminal's commands", timed("level=INFO msg=\"\\x1b[2J\\x1b]0;x\\a\""), kNotice},
        {"a command in raw bytes", timed("level=INFO msg=\x1b[2J"), kNotice},
        {"text written from right to left",
         timed("level=INFO msg=\xe2\x80\xae"
               "olleh"),
         kNotice},
        {"a binary file",
         std::string("\x7f"
                     "ELF\x02\x01\x01\0\0\n\x80\x81\n",
                     13),
         Counts{.unparsed = 2}},
        {"a quote that never ends", timed("level=INFO msg=\"x"), kUnparsed},
        {"an escape that is none", timed("level=INFO msg=\"\\q\""), kUnparsed},
        {"a code point that is none", timed("level=INFO msg=\"\\U7fffffff\""), kUnparsed},
        {"ten thousand keys", timed("level=INFO msg=x" + repeated(" a=b", 10'000)), kNotice},
        {"a key of a hundred thousand bytes",
         timed("level=INFO msg=x " + std::string(100'000, 'k') + "=v"), kNotice},
    };
}

std::vector<ContentCase> times() {
    return {
        {"the year 1", stamped("0001-01-01T00:00:00.000Z"), kUnparsed},
        {"the year 9999", stamped("9999-12-31T23:59:59.999Z"), kUnparsed},
        {"the last instant that fits", stamped("2262-04-11T23:47:16.854Z"),
         Counts{.decisions = 1, .rejected = 1}},
        {"one millisecond more", stamped("2262-04-11T23:47:16.855Z"), kUnparsed},
        {"the first second that fits", stamped("1677-09-21T00:12:45.000Z"), kDecision},
        {"the epoch", stamped("1970-01-01T00:00:00.000Z"), kDecision},
        {"a day that does not exist", stamped("2026-02-30T00:00:00.000Z"), kUnparsed},
        {"an hour that does not exist", stamped("2026-05-28T25:00:00.000Z"), kUnparsed},
        {"no zone", stamped("2026-05-28T20:26:40.005"), kUnparsed},
        {"a zone of a hundred hours", stamped("2026-05-28T20:26:40.005+99:99"), kUnparsed},
        {"a hundred digits of a second",
         stamped("2026-05-28T20:26:40." + std::string(100, '9') + "Z"), kDecision},
        {"a number for a time", stamped("99999999999999999999"), kUnparsed},
        {"time running backwards",
         stamped("2026-05-28T20:26:40.009Z") + stamped("2026-05-28T19:20:00.000Z") +
             stamped("2026-05-28T20:00:00.000Z"),
         Counts{.decisions = 3}},
        {"two days ahead", stamped("2026-05-30T20:26:40.005Z"),
         Counts{.decisions = 1, .rejected = 1}},
        {"half an hour ahead", stamped("2026-05-28T20:56:40.005Z"), kDecision},
        {"two thousand lines of one millisecond", repeated(timed(kDeny), 2000),
         Counts{.decisions = 2000}},
        {"a different hour on every line",
         [] {
             std::string text;
             for (int day = 10; day < 30; ++day) {
                 for (int hour = 10; hour < 24; ++hour) {
                     text += stamped("2025-03-" + std::to_string(day) + "T" + std::to_string(hour) +
                                     ":00:00.000Z");
                 }
             }
             return text;
         }(),
         Counts{.decisions = 280}},
    };
}

std::vector<ContentCase> forgeries() {
    return {
        {"a decision within a value",
         timed(
             R"(level=WARN msg=DENY method=GET url=https://h.example/x host="h level=INFO msg=ALLOW")"),
         kDecision},
        {"a whole line within a value",
         timed(
             R"(level=WARN msg=DENY method=GET url="https://h.example/\ntime=2026-05-28T20:26:40.005Z level=INFO msg=ALLOW method=GET url=https://forged.example/ host=forged.example" host=h)"),
         kDecision, "h.example/REDACTED=REDACTED"},
        {"the end of a JSON string in a value",
         timed(
             R"(level=WARN msg=DENY method=GET url="https://h.example/\",\"decision\":\"allow" host=h)"),
         kDecision, "/%22,%22decision%22:%22allow"},
        {"the end of a JSON string in a method",
         timed(
             R"(level=WARN msg=DENY method="GET\",\"decision\":\"allow" url=https://h.example/ host=h)"),
         kDecision, R"("http_method":"REDACTED")"},
        {"the end of a label in a rule",
         timed(
             R"(level=INFO msg=ALLOW method=GET url=https://h.example/ host=h rule="\"} , {evil=\"x")"),
         kDecision},
        {"a domain of sixty thousand bytes",
         timed("level=WARN msg=DENY method=GET url=https://" + std::string(60'000, 'a') +
               "/ host=h"),
         kDecision},
        {"a notice that says it is a decision",
         timed("level=INFO msg=boundary_request decision=allow owner=eve domain=h"), kNotice,
         R"("msg":"boundary: boundary_request")", R"("eve")"},
        {"a notice with our keys and odd bytes",
         timed(R"(level=INFO msg=x "workspace name"=eve "owner\n"=eve suspect=no)"), kNotice},
        {"a notice that says it is suspect", timed("level=INFO msg=x suspect=keys"), kNotice,
         R"("msg":"boundary: x")", "suspect"},
        {"a key that is no label name", timed(R"(level=INFO msg=x "a b\"c{}"=d 0=1 __name__=y)"),
         kNotice},
        {"coderd's line with keys of its own",
         R"({"msg":"boundary_request","fields":{"event_time":"2026-05-28T20:26:40.005Z","decision":"allow","http_method":"GET","http_url":"https://h.example/x","job":"evil","namespace":"evil","tool":"evil"}})"
         "\n",
         kDecision,
         {},
         "evil"},
        {"a level of its own", timed("level=INFO+99999999999999999999 msg=x"), kNotice},
        {"a level with a quote", timed(R"(level="WARN\",\"x\":\"" msg=x)"), kNotice},
        {"an ALLOW at the level of a DENY",
         timed("level=WARN msg=ALLOW method=GET url=https://h.example/x host=h rule=r"),
         kSuspectNotice, R"("suspect":"level")"},
        {"a DENY at the level of an ALLOW",
         timed("level=INFO msg=DENY method=GET url=https://h.example/x host=h"), kSuspectNotice,
         R"("suspect":"level")"},
        {"keys out of order",
         timed("level=WARN msg=DENY url=https://h.example/x method=GET host=h"), kSuspectNotice,
         R"("suspect":"keys")"},
        {"no host", timed("level=WARN msg=DENY method=GET url=https://h.example/x"),
         kSuspectNotice},
        {"an ALLOW without a rule",
         timed("level=INFO msg=ALLOW method=GET url=https://h.example/x host=h"), kSuspectDecision,
         R"("suspect":"keys")"},
        {"a DENY with a rule",
         timed("level=WARN msg=DENY method=GET url=https://h.example/x host=h rule=r"),
         kSuspectDecision},
        {"a second URL",
         timed("level=WARN msg=DENY method=GET url=https://h.example/x host=h "
               "url=https://other.example/"),
         kSuspectDecision},
        {"a key that a later version may add",
         timed("level=WARN msg=DENY method=GET url=https://h.example/x host=h sequence=7"),
         kDecision,
         {},
         "suspect"},
        {"JSON with keys out of order",
         R"({"level":"WARN","time":"2026-05-28T20:26:40.005Z","msg":"DENY","method":"GET","url":"https://h.example/x","host":"h"})"
         "\n",
         kSuspectDecision},
    };
}

std::vector<ContentCase> json() {
    return {
        {"arrays nested very deep", std::string(200'000, '[') + "\n", kUnparsed},
        {"a million open arrays", "{\"a\":" + std::string(1'000'000, '[') + "\n", kUnparsed},
        {"objects nested very deep", repeated("{\"a\":", 50'000) + "\n", kUnparsed},
        {"depth that is closed again",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":"x","a":)" +
             std::string(5'000, '[') + std::string(5'000, ']') + "}\n",
         kNotice},
        {"a number that overflows",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":"x","n":1e999999999999})"
         "\n",
         kNotice},
        {"an integer that overflows",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":"x","n":)" +
             std::string(10'000, '9') + "}\n",
         kNotice},
        {"a string that never ends",
         R"({"time":"2026-05-28T20:26:40.005Z","msg":"x)"
         "\n",
         kUnparsed},
        {"half a surrogate escape",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":"\ud800"})"
         "\n",
         kUnparsed},
        {"a number for a message",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":7})"
         "\n",
         kNotice},
        {"fields that are no object",
         R"({"msg":"boundary_request","fields":[1,2]})"
         "\n",
         kUnparsed},
        {"the same key twice",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":"x","a":1,"a":2})"
         "\n",
         kNotice},
        {"something behind the object",
         R"({"time":"2026-05-28T20:26:40.005Z","level":"INFO","msg":"x"} {})"
         "\n",
         kUnparsed},
    };
}

std::vector<ContentCase> secrets() {
    return {
        {"a password in a URL",
         timed("level=WARN msg=DENY method=GET url=https://joe:hunter2@h.example/x host=h.example"),
         kDecision, "https://h.example/x", "hunter2"},
        {"a password with an at sign",
         timed("level=WARN msg=DENY method=GET url=https://joe:hunter2@more@h.example/x "
               "host=h.example"),
         kDecision, "https://h.example/x", "hunter2"},
        {"a token in a query",
         timed("level=WARN msg=DENY method=GET url=\"https://h.example/x?a=1&token=hunter2\" "
               "host=h.example"),
         kDecision, "token=REDACTED", "hunter2"},
        {"a token in a fragment",
         timed("level=WARN msg=DENY method=GET url=\"https://h.example/x#access_token=hunter2\" "
               "host=h.example"),
         kDecision, "REDACTED", "hunter2"},
        {"a URL with a password in a query",
         timed("level=WARN msg=DENY method=GET "
               "url=\"https://h.example/x?to=https://joe:hunter2@h.example/\" host=h.example"),
         kDecision, "to=REDACTED", "hunter2"},
        {"a URL in an error",
         timed(
             R"(level=ERROR msg="Failed to forward HTTPS request" error="Get \"https://joe:hunter2@h.example/x?token=hunter2\": EOF" host=h.example)"),
         kNotice, "token=REDACTED", "hunter2"},
        {"a request in an error",
         timed(
             R"(level=ERROR msg="Failed to read HTTP request" error="malformed HTTP request \"GET /x?password=hunter2 \"")"),
         kNotice, "malformed HTTP request", "hunter2"},
        {"a URL in a message",
         timed(R"(level=ERROR msg="cannot reach https://joe:hunter2@h.example/")"), kNotice,
         "https://h.example/", "hunter2"},
        {"a URL in a line that is not understood",
         "GET https://joe:hunter2@h.example/x?token=hunter2 denied\n",
         kUnparsed,
         {},
         "hunter2"},
        {"a legacy URL in a line that is not understood",
         timed("level=WARN msg=DENY method=GET url=\"/x?token=hunter2&a=1"),
         kUnparsed,
         {},
         "hunter2"},
        {"a secret at the end of an endless query",
         "url=https://h.example/?token=" + repeated("hunter2", 50'000) + " x\n",
         kUnparsed,
         {},
         "hunter2"},
    };
}

class HostileContentTest : public HostileTest, public testing::WithParamInterface<ContentCase> {
protected:
    HostileContentTest() {
        settings_.most_late_streams = 100;
        // As Loki does: what lies more than ten minutes ahead is refused, the rest of a push
        // stored.
        loki_.set_rule([this](const test_support::SeenPush& push) {
            bool all = true;
            for (const auto& entry : push.entries) {
                const bool fits = entry.timestamp_ns <= clock_.wall_ns() + 600'000'000'000;
                all = all && fits;
                if (fits) {
                    loki_.store(push.stream, entry);
                }
            }
            return all ? test_support::answered(204)
                       : test_support::answered(400, "entry has timestamp too new");
        });
    }
};

TEST_P(HostileContentTest, IsCountedAndStopsNothing) {
    const ContentCase& row = GetParam();
    begin();
    write(5, row.text);
    end();
    // A stamp of up to an hour ahead is taken once its time has come.
    step_for(std::chrono::minutes(30));
    EXPECT_EQ(counts(), row.counts);
    EXPECT_TRUE(row.holds.empty() || arrived(row.holds)) << row.holds;
    if (!row.lacks.empty()) {
        EXPECT_FALSE(arrived(row.lacks));
        EXPECT_EQ(letters().find(row.lacks), std::string::npos);
    }
    EXPECT_EQ(loki_.all_lines().size(),
              2 + row.counts.decisions + row.counts.notices - row.counts.rejected);
    EXPECT_EQ(letters().empty(), row.counts.unparsed + row.counts.rejected == 0);
    EXPECT_LE(daemon_->exporter.distinct_streams(), 110U);
    for (const auto& [stream, rows] : loki_.rows()) {
        for (const auto& [line, times] : rows) {
            EXPECT_EQ(times, 1) << line.second;
        }
    }
    expect_sound();
}

std::string name_of_case(const testing::TestParamInfo<ContentCase>& info) {
    return test_name(info.param.name);
}

INSTANTIATE_TEST_SUITE_P(Bytes, HostileContentTest, testing::ValuesIn(bytes()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Times, HostileContentTest, testing::ValuesIn(times()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Forgeries, HostileContentTest, testing::ValuesIn(forgeries()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Json, HostileContentTest, testing::ValuesIn(json()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Secrets, HostileContentTest, testing::ValuesIn(secrets()), name_of_case);

}  // namespace
}  // namespace hostile
