// SPDX-License-Identifier: MIT
#include "tailer/records/plain_shape.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

TEST(PlainShapeTest, FewValuesAreHarmless) {
    for (const std::string_view value : {"",
                                         "1",
                                         "20",
                                         "-1",
                                         "1.5",
                                         "1,2,3",
                                         "true",
                                         "False",
                                         "open",
                                         "left-pad",
                                         "git-upload-pack",
                                         "id,name",
                                         "the quick fox",
                                         "v1.2.3",
                                         "2026-06-09",
                                         "2026-06-09T12:00:00Z",
                                         "en-US",
                                         "utf-8",
                                         "application/json",
                                         "refs/heads/main",
                                         "-created",
                                         "1717934400",
                                         "1717934400000",
                                         "30s",
                                         "1h30m",
                                         "now-6h",
                                         "repository:library/alpine:pull"}) {
        EXPECT_TRUE(is_harmless_value(value)) << value;
    }
    for (const std::string_view value : {"9717934400",
                                         "1317934400",
                                         "30x",
                                         "repository:a/hunter2xyz9:pull",
                                         "hunter2",
                                         "Hunter",
                                         "ghp_abcdefgh",
                                         "sk-abcdefgh",
                                         "123456789",
                                         "4111111111111111",
                                         "a1",
                                         "correct-horse-battery-staple",
                                         "xkqzvbnmwrtp",
                                         "joe@h.example",
                                         "https://h.example/",
                                         "3f2c1d9e-0000-4000-8000-000000000001",
                                         "ABCDEF",
                                         "a=b",
                                         "\xff",
                                         "caf\xc3\xa9",
                                         "2026-06-09T12:00:00 token"}) {
        EXPECT_FALSE(is_harmless_value(value)) << value;
    }
}

TEST(PlainShapeTest, NamesOfParametersStayWhenTheyLookLikeNames) {
    for (const std::string_view name :
         {"filter[status][eq]", "X-Amz-SignedHeaders", "p1", "key1", "utf8", "address2", "orgId",
          "sha256", "x[0]", "utm_source", "SAMLResponse", "page", "$top", ""}) {
        EXPECT_TRUE(is_readable_name(name)) << name;
    }
    for (const std::string_view name :
         {"ghp_0123456789abcdef", "9f86d081884c7d65", "https://joe:pw@h", "Zx9Kq2Lm", "hunter2",
          "P@ssw0rd1", "3f2c1d9e-0000-4000-8000-000000000001",
          "x-3f2c1d9e-0000-4000-8000-000000000001", "482913", "a:b", "a!b", "QzXwVbNm",
          "caf\xc3\xa9"}) {
        EXPECT_FALSE(is_readable_name(name)) << name;
    }
}

TEST(PlainShapeTest, MethodsAreThoseThatAreRegistered) {
    for (const std::string_view method : {"GET", "POST", "get", "PROPFIND", "VERSION-CONTROL"}) {
        EXPECT_TRUE(is_method(method)) << method;
    }
    for (const std::string_view method : {"", "G", "GETS", "AKIAIOSFODNNEXAMPLE", "LETMEIN"}) {
        EXPECT_FALSE(is_method(method)) << method;
    }
}

}  // namespace
}  // namespace tailer
