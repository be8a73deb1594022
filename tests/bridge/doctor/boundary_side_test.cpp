// SPDX-License-Identifier: MIT
#include "bridge/doctor/boundary_side.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace bridge::doctor {
namespace {

using testing::HasSubstr;
using Version = std::array<int, 3>;

class BoundarySideTest : public testing::Test {
protected:
    BoundarySideTest() {
        environment_["HOME"] = folder_.path();
        environment_["PATH"] = folder_.path();
    }
    [[nodiscard]] BoundarySide look(const BoundaryWish& wish = {}) const {
        return look_at_boundary(wish, [this](std::string_view name) {
            const auto found = environment_.find(std::string(name));
            return found == environment_.end() ? std::nullopt : std::optional(found->second);
        });
    }
    void write_own_config(std::string_view text) const {
        std::filesystem::create_directories(folder_.file(".config/coder_boundary"));
        folder_.append(".config/coder_boundary/config.yaml", text);
    }

    test_support::TempDir folder_;
    std::map<std::string, std::string> environment_;
};

TEST_F(BoundarySideTest, KnowsNothingWhereThereIsNothing) {
    const BoundarySide side = look();
    EXPECT_EQ(side.program, "");
    EXPECT_FALSE(side.knows_version());
    EXPECT_EQ(side.config_file, "");
    EXPECT_EQ(side.config_trouble, "");
    EXPECT_FALSE(side.log_dir);
    EXPECT_FALSE(side.log_level);
}

TEST_F(BoundarySideTest, KnowsTheJailByWhatTheRealOneSets) {
    environment_["BOUNDARY_JAIL"] = "1";
    EXPECT_FALSE(look().inside_jail);
    for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                             "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}) {
        environment_[name] = "/home/coder/.config/coder_boundary/ca-cert.pem";
    }
    environment_["SSL_CERT_DIR"] = "/home/coder/.config/coder_boundary";
    EXPECT_TRUE(look().inside_jail);
}

TEST_F(BoundarySideTest, AsksTheProgramForItsVersion) {
    std::filesystem::permissions(
        folder_.append("boundary",
                       "#!/bin/sh\n[ \"$1\" = --version ] && echo 'boundary v0.9.12'\n"),
        std::filesystem::perms::owner_all);
    EXPECT_EQ(look().version, (Version{0, 9, 12}));
    EXPECT_EQ(look({"other", "", ""}).program, "");
}

TEST_F(BoundarySideTest, ReadsTheConfigurationWhereBoundaryDoes) {
    write_own_config(
        "# ours\nlog_dir: /var/log/own\nlog_level: \"info\"\nallowlist:\n  - domain=x\n");
    const BoundarySide own = look();
    EXPECT_EQ(own.config_file, folder_.file(".config/coder_boundary/config.yaml"));
    EXPECT_EQ(own.log_dir->value, "/var/log/own");
    EXPECT_EQ(own.log_level->value, "info");
    EXPECT_FALSE(own.config_asked_for);

    environment_["BOUNDARY_CONFIG"] = folder_.append("named.yaml", "log_level: warn\n");
    const BoundarySide named = look();
    EXPECT_EQ(named.log_level->value, "warn");
    EXPECT_EQ(named.log_level->source, folder_.file("named.yaml"));
    EXPECT_FALSE(named.log_dir);
    EXPECT_TRUE(named.config_asked_for);

    const std::string wished = folder_.append("wished.yaml", "log_dir: /w\n");
    EXPECT_EQ(look({"boundary", wished, ""}).log_dir->value, "/w");
}

TEST_F(BoundarySideTest, LetsTheEnvironmentBeatTheFile) {
    write_own_config("log_dir: /var/log/own\nlog_level: warn\n");
    environment_["BOUNDARY_LOG_DIR"] = "/var/log/env";
    environment_["BOUNDARY_LOG_LEVEL"] = "debug";
    const BoundarySide side = look();
    EXPECT_EQ(side.log_dir->value, "/var/log/env");
    EXPECT_EQ(side.log_dir->source, "BOUNDARY_LOG_DIR");
    EXPECT_EQ(side.log_level->value, "debug");
}

TEST_F(BoundarySideTest, SaysWhatIsWrongWithAConfiguration) {
    environment_["BOUNDARY_CONFIG"] = folder_.file("none.yaml");
    EXPECT_THAT(look().config_trouble, HasSubstr("none.yaml"));
    environment_["BOUNDARY_CONFIG"] = folder_.append("bad.yaml", "log_dir: [unclosed\n");
    EXPECT_THAT(look().config_trouble, HasSubstr("no valid YAML"));
    environment_["BOUNDARY_CONFIG"] = folder_.append("list.yaml", "- a\n- b\n");
    EXPECT_THAT(look().config_trouble, HasSubstr("holds no settings"));
    environment_["BOUNDARY_CONFIG"] = folder_.append("odd.yaml", "log_dir: {a: b}\nlog_level:\n");
    EXPECT_EQ(look().config_trouble, "");
    EXPECT_FALSE(look().log_dir);
    EXPECT_FALSE(look().log_level);
}

TEST(VersionTest, IsFoundInAnyText) {
    EXPECT_EQ(version_in("v0.9.0"), (Version{0, 9, 0}));
    EXPECT_EQ(version_in("boundary version v0.5.2-rc.1+abc\n"), (Version{0, 5, 2}));
    EXPECT_EQ(version_in("unknown"), (Version{}));
    EXPECT_EQ(version_in("99999999999999999999.1.1"), (Version{}))
        << "a number too large for any version is none";
}

}  // namespace
}  // namespace bridge::doctor
