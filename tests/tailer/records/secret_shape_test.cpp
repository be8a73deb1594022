// SPDX-License-Identifier: MIT
#include "tailer/records/secret_shape.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tailer/records/token_prefixes.h"

namespace tailer {
namespace {

TEST(SecretShapeTest, EveryIssuersPrefixIsKnownWithRandomBytesBehindIt) {
    for (const auto& row : rules::kTokenPrefixes) {
        const bool uuid = row.body == rules::Body::Uuid;
        const std::string token =
            std::string(row.prefix) +
            (uuid ? "3f2c1d9e-0000-4000-8000-000000000001" : "9aB3xY7pQ2mK5tR8wZ1c");
        EXPECT_TRUE(begins_as_token(token)) << row.prefix;
        EXPECT_TRUE(looks_secret("backup-" + token)) << row.prefix;
        EXPECT_FALSE(begins_as_token(row.prefix)) << row.prefix;
        EXPECT_FALSE(row.source.empty()) << row.prefix;
    }
}

TEST(SecretShapeTest, APrefixWithAWordBehindItIsAName) {
    for (const std::string_view name :
         {"pypi-attestations", "hf_transfer", "sdk-core-utilities", "api-gateway-service",
          "private-networks-of-ours", "asia-pacific-southeast", "key-management-service",
          "access-production-environment", "npm_lifecycle_event", "re_exported_names"}) {
        EXPECT_FALSE(begins_as_token(name)) << name;
        EXPECT_FALSE(looks_secret(name)) << name;
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

TEST(SecretShapeTest, ShortRunsAreSecretWhereTheyStandAlone) {
    for (const std::string_view secret :
         {"aB3dE9xQ", "dQw4w9WgXcQ", "Zx9Kq2Lm", "A1B2C3D4", "k7x2m9q4", "aB3dE9xQ.json",
          "@aB3dE9xQ", "QzXwVbNm", "WDJB-MJHT", "ABCD-1234-EFGH", "A1B2-C3D4", "pin-1234"}) {
        EXPECT_TRUE(looks_secret(secret)) << secret;
    }
    for (const std::string_view name :
         {"index-DkS3h2Lq.css", "main.3f2a9b1c.js", "v1alpha1", "v2beta10", "GitHubCLI",
          "base64url", "OAuth2Token", "S3Bucket", "PROJ-1234", "ISO-8859", "CVE-2024-3094",
          "READ-ONLY", "web-5d4f8c7b9-x2x4z", "page-1234", "2024-2025"}) {
        EXPECT_FALSE(looks_secret(name)) << name;
    }
}

TEST(SecretShapeTest, CardNumbersAreKnownByTheirCheckDigit) {
    for (const std::string_view card : {"4111111111111111", "5500005555555559", "378282246310005",
                                        "6011111111111117", "4111-1111-1111-1111"}) {
        EXPECT_TRUE(looks_secret(card)) << card;
    }
    for (const std::string_view number :
         {"4111111111111112", "1717934400000000", "20260609120000", "4111-1111-1111-1112"}) {
        EXPECT_FALSE(looks_secret(number)) << number;
    }
}

TEST(SecretShapeTest, LabelsOfHostsMayBeAsRandomAsMachinesNames) {
    for (const std::string_view label :
         {"0123456789abcdef0123456789abcdef", "x-glpat-abcdefgh12345678", "hvs-0123456789abcdef",
          "mfrggzdfmztwq2lknnwg23tpobyxe43u"}) {
        EXPECT_TRUE(is_secret_label(label)) << label;
    }
    for (const std::string_view label :
         {"ip-10-0-0-1", "ec2-203-0-113-25", "d111111abcdef8", "xn--mnchen-3ya0123456789abcd",
          "us-central1-docker", "web-5d4f8c7b9-x2x4z", "internationalization", ""}) {
        EXPECT_FALSE(is_secret_label(label)) << label;
    }
}

}  // namespace
}  // namespace tailer
