// SPDX-License-Identifier: MIT
#include "tailer/records/secret_words.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

using rules::Follows;

TEST(SecretWordsTest, NamesOfSecretsAreKnownInEverySpelling) {
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
    for (const std::string_view name :
         {"2fa",     "otpcode",   "totpcode",     "smscode",    "vcode",    "pincode",
          "mpin",    "tan",       "verification", "cardno",     "newpass",  "oldpwd",
          "userpwd", "smspw",     "mykey",        "devicecode", "kennwort", "motdepasse",
          "senha",   "passwords", "pass2",        "userPass",   "DB_PASS"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
    }
    for (const std::string_view name :
         {"bypass", "compass", "encode", "turkey", "design", "classpath", "announce", "spinner",
          "tangent", "discard", ""}) {
        EXPECT_FALSE(is_secret_name(name)) << name;
    }
}

TEST(SecretWordsTest, WordsOfPathsSayWhatFollows) {
    for (const std::string_view word :
         {"token", "access-token", "access_token", "accessToken", "tokens", "token2", "token-v2",
          "token_id", "api-key", "bot", "magic-link", "otp", "2fa", "my2fa", "pin", "pins",
          "tan"}) {
        EXPECT_EQ(follows_segment(word), Follows::Secret) << word;
    }
    for (const std::string_view word :
         {"reset-password", "resetPassword", "password_reset", "forgot-password", "pass", "db-pass",
          "pw", "pwd", "user_pwd", "creds", "credentials", "passwords", "kennwort", "password1"}) {
        EXPECT_EQ(follows_segment(word), Follows::Rest) << word;
    }
    for (const std::string_view word :
         {"services", "webhook", "webhooks", "webhookb2", "hooks", "incoming-webhook",
          "unsubscribe", "verify-email", "sessions", "invitations", "keys", "oauth2"}) {
        EXPECT_EQ(follows_segment(word), Follows::Names) << word;
    }
    for (const std::string_view word :
         {"left-pad", "v1", "packages", "-", "", "a", "spin", "releases", "botany", "compass",
          "bypass", "jsonwebtoken", "monkey", "7", "v", "2-3"}) {
        EXPECT_EQ(follows_segment(word), Follows::Nothing) << word;
    }
    EXPECT_TRUE(is_verb("refresh"));
    EXPECT_FALSE(is_verb("swordfish"));
}

TEST(SecretWordsTest, WhatStandsAroundAWordChangesNothing) {
    for (const auto& row : rules::kSecretWords) {
        const std::string word(row.word);
        for (const std::string& segment :
             {word + "~", word + "-v", word + ".V", word + "2-v3", word + "-v2-v3", word + "-id~",
              word + "v2", "~" + word, "--" + word + "--", word + "\xe2\x82\xac"}) {
            EXPECT_GE(follows_segment(segment), follows_segment(word)) << segment;
        }
    }
    EXPECT_EQ(follows_segment("tok-en"), Follows::Secret);
}

TEST(SecretWordsTest, SomeHostsAreForSecretAddressesAlone) {
    EXPECT_EQ(follows_host("webhook.example"), Follows::Names);
    EXPECT_EQ(follows_host("eu.hooks.chat.example"), Follows::Names);
    EXPECT_EQ(follows_host("hc-ping.example"), Follows::Names);
    EXPECT_EQ(follows_host("webhookdocs.example"), Follows::Nothing);
    EXPECT_EQ(follows_host(""), Follows::Nothing);
}

TEST(SecretWordsTest, EveryRowSaysWhereItIsFromAndIsOnceOnly) {
    std::set<std::string_view> seen;
    for (const auto& row : rules::kSecretWords) {
        EXPECT_FALSE(row.source.empty()) << row.word;
        EXPECT_TRUE(seen.insert(row.word).second) << row.word;
        EXPECT_TRUE(row.in_names != rules::kNowhere || row.in_paths != rules::kNowhere) << row.word;
        EXPECT_EQ(row.in_paths != rules::kNowhere, row.follows != Follows::Nothing) << row.word;
        if (row.in_names != rules::kNowhere) {
            EXPECT_TRUE(is_secret_name(row.word)) << row.word;
        }
        if (row.in_paths != rules::kNowhere) {
            EXPECT_GE(follows_segment(row.word), row.follows) << row.word;
        }
    }
}

}  // namespace
}  // namespace tailer
