// SPDX-License-Identifier: MIT
#include "tailer/records/public_names.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

constexpr std::string_view kSha1 = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d";
constexpr std::string_view kSha256 =
    "e7d88de73db3d3fd9b2d63aa7f447a10fd0220b7cbf39803c803f2af9ba256b3";

bool is_address(std::string_view segment, std::string_view before, std::string_view second = "") {
    return is_content_address(segment, {before, second}, false);
}

TEST(PublicNamesTest, PackagesHaveAVersionAndNoRandomName) {
    for (const std::string_view name :
         {"left-pad-1.3.0.tgz", "libssl3_3.0.11-1~deb12u2_amd64.deb", "v0.18.0.zip",
          "passwd_4.13+dfsg1-1+deb12u1_amd64.deb", "numpy-1.26.4-py312heda63a1_0.conda",
          "jjwt-api-0.12.5.jar", "jjwt-api-0.12.5.pom.sha1", "maven-metadata.xml",
          "v0.0.0-20210921155107-089bfa567519.mod", "rails-7.1.3.gem"}) {
        EXPECT_TRUE(is_package_file(name)) << name;
    }
    for (const std::string_view name :
         {"left-pad.tgz", "hunter2.zip", "aB3dE9xQ1zK-1.0.zip", "x-1.0.json", "1.0", ".zip",
          "glpat-abcdefgh-1.0.zip", "0123456789abcdef0123456789abcdef-1.0.zip", "a=b-1.0.zip"}) {
        EXPECT_FALSE(is_package_file(name)) << name;
    }
}

TEST(PublicNamesTest, SourceFilesHavePlainNames) {
    for (const std::string_view name :
         {"session.go", "oauth2_test.go", "README.md", "x509.rs", "io.c", "x.h"}) {
        EXPECT_TRUE(is_source_file(name)) << name;
    }
    for (const std::string_view name :
         {"session", ".go", ".c", "c", "aB3dE9xQ1zK7mN4w.go", "a.json"}) {
        EXPECT_FALSE(is_source_file(name)) << name;
    }
}

TEST(PublicNamesTest, ContentAddressesAreKnownByWhereTheyStand) {
    const std::string patch = std::string(kSha1) + ".patch";
    const std::string digest = "sha256:" + std::string(kSha256);
    EXPECT_TRUE(is_address(kSha1, "commit"));
    EXPECT_TRUE(is_address(patch, "commit"));
    EXPECT_TRUE(is_address("7fd1a60", "blob"));
    EXPECT_TRUE(is_address("7fd1a60...9f86d08", "compare"));
    EXPECT_TRUE(is_address(kSha1.substr(2), kSha1.substr(0, 2), "objects"));
    EXPECT_TRUE(is_address(kSha256.substr(4), kSha256.substr(2, 2), kSha256.substr(0, 2)));
    EXPECT_TRUE(is_address(kSha256, kSha256.substr(0, 2), "sha256"));
    EXPECT_TRUE(is_address(kSha256, "SHA256"));
    EXPECT_TRUE(is_address(digest, "x"));
    EXPECT_TRUE(is_content_address(kSha1, {"x", "y"}, true));

    EXPECT_FALSE(is_address(kSha1, "x"));
    EXPECT_FALSE(is_address(kSha256, "x"));
    EXPECT_FALSE(is_address(kSha256.substr(0, 32), "sha256"));
    EXPECT_FALSE(is_address(kSha256.substr(4), "x", "y"));
    EXPECT_FALSE(is_address(kSha256.substr(0, 20), "commit"));
    EXPECT_FALSE(is_address("aB3dE9xQ", "commit"));
    EXPECT_FALSE(is_address(digest + "0", "x"));
    EXPECT_FALSE(is_address("md6:" + std::string(kSha256), "x"));
    EXPECT_FALSE(is_address("", "commit"));
}

TEST(PublicNamesTest, TagsOfPackagesAreVersions) {
    for (const std::string_view tag : {"3.4.21", "^1.2", "latest", "v4", "2x.png", "1.0.0-rc.1"}) {
        EXPECT_TRUE(is_package_tag(tag)) << tag;
    }
    for (const std::string_view tag :
         {"", "h", "cache", "10.0.0.1", "h.example", "10.0.0.1:80", "localhost"}) {
        EXPECT_FALSE(is_package_tag(tag)) << tag;
    }
}

}  // namespace
}  // namespace tailer
