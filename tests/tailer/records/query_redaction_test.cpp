// SPDX-License-Identifier: MIT
#include "tailer/records/query_redaction.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

std::string redacted(std::string_view query) {
    std::string out;
    append_redacted_query(out, query);
    return out;
}

struct QueryRow {
    std::string_view what;
    std::string_view query;
    std::string_view redacted;
};

TEST(QueryRedactionTest, TakesAwayTheValuesOfSecretNames) {
    constexpr QueryRow kRows[] = {
        {"a token", "token=abc", "token=REDACTED"},
        {"an access token", "access_token=abc", "access_token=REDACTED"},
        {"capitals", "AUTH_TOKEN=abc", "AUTH_TOKEN=REDACTED"},
        {"a password", "user=joe&password=hunter2", "user=joe&password=REDACTED"},
        {"a passwd", "passwd=x", "passwd=REDACTED"},
        {"a client secret", "client_secret=x", "client_secret=REDACTED"},
        {"an API key in three spellings", "apikey=1&api_key=2&api-key=3",
         "apikey=REDACTED&api_key=REDACTED&api-key=REDACTED"},
        {"a key as a whole name", "key=x", "key=REDACTED"},
        {"a name that ends in key", "maps_key=x", "maps_key=REDACTED"},
        {"a presigned URL of object storage",
         "X-Amz-Algorithm=A&X-Amz-Credential=c&X-Amz-Signature=s",
         "X-Amz-Algorithm=A&X-Amz-Credential=REDACTED&X-Amz-Signature=REDACTED"},
        {"a shared access signature", "sv=2024&sig=abc", "sv=2024&sig=REDACTED"},
        {"an OAuth code", "code=abc&state=x", "code=REDACTED&state=x"},
        {"a session", "PHPSESSIONID=abc", "PHPSESSIONID=REDACTED"},
        {"a name in percent escapes", "to%6ben=abc", "to%6ben=REDACTED"},
        {"a name in escapes of capitals", "%54OKEN=abc", "%54OKEN=REDACTED"},
        {"parameters parted by semicolons", "a=1;token=abc;b=2", "a=1;token=REDACTED;b=2"},
        {"a value with an equals sign", "token=a=b==", "token=REDACTED"},
        {"the last of many", "a=1&b=2&token=abc", "a=1&b=2&token=REDACTED"},
        {"twice", "token=a&token=b", "token=REDACTED&token=REDACTED"},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(redacted(row.query), row.redacted) << row.what;
    }
}

TEST(QueryRedactionTest, TakesAwayValuesThatLookLikeCredentials) {
    constexpr QueryRow kRows[] = {
        {"a forge's token", "x=ghp_0123456789abcdef", "x=REDACTED"},
        {"a cloud's key id", "x=AKIA0123456789ABCDEF", "x=REDACTED"},
        {"a JSON web token", "x=eyJhbGciOiJIUzI1NiJ9.e30.abc", "x=REDACTED"},
        {"a model vendor's key", "x=sk-abcdef0123456789", "x=REDACTED"},
        {"a bare value", "ghp_0123456789abcdef", "REDACTED"},
        {"a long run of letters and digits", "x=0123456789abcdef0123456789abcdef", "x=REDACTED"},
        {"the same among others", "a=1&x=0123456789abcdef0123456789abcdef&b=2",
         "a=1&x=REDACTED&b=2"},
        {"a long base64 value", "x=QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo5%3D", "x=REDACTED"},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(redacted(row.query), row.redacted) << row.what;
    }
}

TEST(QueryRedactionTest, LeavesEverythingElseByteForByte) {
    constexpr std::string_view kRows[] = {
        "",
        "&",
        "&&;",
        "a",
        "a=",
        "=",
        "=b",
        "a=b",
        "a=b&c=d",
        "token=",
        "token",
        "q=left-pad&size=20&from=0",
        "id=3f2c1d9e-0000-4000-8000-000000000001",
        "monkey=1",
        "keyboard=us",
        "version=v1.2.3",
        "q=%22hi%22&r=\"raw\"",
        "x=\xff\xfe",
        "page=12345678901234567890123456789012345",
        "words=abcdefghijklmnopqrstuvwxyzabcdefghij",
        "x=sk-short",
        "q=the quick brown fox jumps over 13 lazy dogs",
        "%zz=%",
    };
    for (const auto query : kRows) {
        EXPECT_EQ(redacted(query), query);
    }
}

TEST(QueryRedactionTest, ALongQueryComesOutInWhole) {
    std::string query;
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        query += "a" + std::to_string(i) + "=1&token=s" + std::to_string(i) + "&";
        expected += "a" + std::to_string(i) + "=1&token=REDACTED&";
    }
    EXPECT_EQ(redacted(query), expected);
}

}  // namespace
}  // namespace tailer
