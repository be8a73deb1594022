// SPDX-License-Identifier: MIT
#include "tailer/records/secret_shape.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

using rules::Follows;

TEST(SecretShapeTest, EveryIssuersPrefixIsKnownWithRandomBytesBehindIt) {
    for (const auto& row : rules::kTokenPrefixes) {
        const std::string token = std::string(row.prefix) + "9aB3xY7pQ2mK5tR8wZ1c";
        EXPECT_TRUE(begins_as_token(token)) << row.prefix;
        EXPECT_TRUE(looks_secret("backup-" + token)) << row.prefix;
        EXPECT_FALSE(begins_as_token(row.prefix)) << row.prefix;
        EXPECT_FALSE(row.source.empty()) << row.prefix;
    }
}

TEST(SecretShapeTest, TellsRandomRunsFromNames) {
    for (const std::string_view secret :
         {"0123456789abcdef0123456789abcdef", "wJalrXUtnFEMIK7MDENG", "s3cr3tp4ssw0rd",
          "QUJDREVGR0hJSktMTU5P", "XKCDQRSTVWBNMZZPQ", "aB3x-Y9pQ-7zK2-mN4w-R5tB",
          "report-9f86d081884c7d65.pdf", "A1B2C3D4E5F6G7H8"}) {
        EXPECT_TRUE(looks_secret(secret)) << secret;
    }
    for (const std::string_view name :
         {"left-pad-1.3.0.tgz", "boto3-1.34.2-py3-none-any.whl", "manylinux2014_x86_64",
          "generateContent", "listServiceAccountKeys", "CONTRIBUTING.md", "20260609T120000Z",
          "v1beta1", "7fd1a60", "3f2c1d9e-0000-4000-8000-000000000001",
          "linux-image-6.1.0-18-cloud-amd64", "81384788765712384", "internationalization", "x",
          ""}) {
        EXPECT_FALSE(looks_secret(name)) << name;
    }
}

TEST(SecretShapeTest, FewValuesAreHarmless) {
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
                                         "-created"}) {
        EXPECT_TRUE(is_harmless_value(value)) << value;
    }
    for (const std::string_view value :
         {"hunter2", "Hunter", "ghp_abcdefgh", "sk-abcdefgh", "123456789", "4111111111111111", "a1",
          "correct-horse-battery-staple", "xkqzvbnmwrtp", "joe@h.example", "https://h.example/",
          "3f2c1d9e-0000-4000-8000-000000000001", "ABCDEF", "a=b", "\xff", "caf\xc3\xa9",
          "2026-06-09T12:00:00 token"}) {
        EXPECT_FALSE(is_harmless_value(value)) << value;
    }
}

TEST(SecretShapeTest, NamesOfSecretsAreKnownInEverySpelling) {
    for (const std::string_view name : {"token",
                                        "access_token",
                                        "AUTH_TOKEN",
                                        "accessToken",
                                        "X-Amz-Signature",
                                        "X-Amz-Credential",
                                        "apikey",
                                        "api_key",
                                        "api-key",
                                        "apiKey",
                                        "maps_key",
                                        "sig",
                                        "code",
                                        "PHPSESSID",
                                        "user[password]",
                                        "pw",
                                        "key1",
                                        "client_secret",
                                        "SAMLResponse",
                                        "otp",
                                        "oauth_verifier",
                                        "csrfmiddlewaretoken"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
    }
    for (const std::string_view name : {"monkey", "keyboard", "author", "page", "q", "state",
                                        "sort", "format", "country", "passenger", "token_type_x"}) {
        EXPECT_EQ(is_secret_name(name), name.starts_with("token")) << name;
    }
    EXPECT_TRUE(is_readable_name("filter[status][eq]"));
    EXPECT_TRUE(is_readable_name("X-Amz-SignedHeaders"));
    EXPECT_FALSE(is_readable_name("ghp_0123456789abcdef"));
    EXPECT_FALSE(is_readable_name("9f86d081884c7d65"));
    EXPECT_FALSE(is_readable_name("https://joe:pw@h"));
}

TEST(SecretShapeTest, WordsOfPathsSayWhatFollows) {
    for (const std::string_view word :
         {"token", "access-token", "access_token", "accessToken", "reset-password", "resetPassword",
          "password_reset", "api-key", "bot", "magic-link", "forgot-password"}) {
        EXPECT_EQ(follows_segment(word), Follows::Secret) << word;
    }
    for (const std::string_view word :
         {"services", "webhook", "webhooks", "webhookb2", "hooks", "incoming-webhook",
          "unsubscribe", "verify-email", "sessions", "invitations", "keys", "oauth2"}) {
        EXPECT_EQ(follows_segment(word), Follows::Names) << word;
    }
    for (const std::string_view word :
         {"left-pad", "v1", "packages", "-", "", "a", "spin", "releases", "botany"}) {
        EXPECT_EQ(follows_segment(word), Follows::Nothing) << word;
    }
    EXPECT_TRUE(is_verb("refresh"));
    EXPECT_FALSE(is_verb("swordfish"));
}

}  // namespace
}  // namespace tailer
