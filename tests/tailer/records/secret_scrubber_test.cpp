// SPDX-License-Identifier: MIT
#include "tailer/records/secret_scrubber.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

std::string scrubbed(std::string_view text, QueryPolicy policy = QueryPolicy::Redact) {
    std::string out;
    append_scrubbed(out, text, policy);
    return out;
}

TEST(SecretScrubberTest, TakesTheSecretsOfUrlsOutOfText) {
    constexpr struct {
        std::string_view text;
        std::string_view scrubbed;
    } kRows[] = {
        {"", ""},
        {"no URL at all", "no URL at all"},
        {"see https://h.example/a", "see https://h.example/a"},
        {"Get \"https://joe:pw@h.example/a?token=s&b=1\": EOF",
         "Get \"https://h.example/a?token=REDACTED&b=1\": EOF"},
        {"two https://a:b@h/ and ftp://c:d@i/", "two https://h/ and ftp://i/"},
        {"an @ in a path: https://h/@scope/x", "an @ in a path: https://h/@scope/x"},
        {"two of them: https://a:b@c@h/", "two of them: https://h/"},
        {"a path alone /x?password=s ", "a path alone /x?password=REDACTED "},
        {"a fragment https://h/#access_token=s", "a fragment https://h/#access_token=REDACTED"},
        {"a quote ends it ?token=s\\\" more", "a quote ends it ?token=REDACTED\\\" more"},
        {"a question? yes", "a question? yes"},
        {"://", "://"},
        {"???token=s", "???token=REDACTED"},
        {"https://a:b@", "https://"},
        {"\xff://\xfe@\xfd?token=\xff", "\xff://\xfd?token=REDACTED"},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(scrubbed(row.text), row.scrubbed);
        EXPECT_EQ(scrubbed(row.scrubbed), row.scrubbed) << "once is enough";
    }
}

TEST(SecretScrubberTest, KeepsOrDropsQueriesByPolicyAndNeverUserinfo) {
    constexpr std::string_view kText = "at https://joe:pw@h/a?b=1&token=s#id_token=s now";
    EXPECT_EQ(scrubbed(kText, QueryPolicy::Keep), "at https://h/a?b=1&token=s#id_token=s now");
    EXPECT_EQ(scrubbed(kText, QueryPolicy::Drop), "at https://h/a#id_token=REDACTED now");
}

}  // namespace
}  // namespace tailer
