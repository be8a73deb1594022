// SPDX-License-Identifier: MIT
#include "bridge/settings/effective_settings.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class EffectiveSettingsTest : public testing::Test {
protected:
    EffectiveSettingsTest() { environment_["HOME"] = "/home/coder"; }

    [[nodiscard]] std::vector<EffectiveSetting> all() const {
        const auto sources = SettingSources::load(
            flags_,
            [this](std::string_view name) {
                const auto found = environment_.find(std::string(name));
                return found == environment_.end() ? std::nullopt : std::optional(found->second);
            },
            config_file_);
        const auto settings = resolve_settings(*sources, {.push = false, .show_push = true});
        EXPECT_TRUE(settings) << settings.error().message;
        return effective_settings(*sources, settings.value_or(Settings{}));
    }
    [[nodiscard]] EffectiveSetting one(const std::string& name) const {
        const auto settings = all();
        const auto found = std::ranges::find(settings, name, &EffectiveSetting::name);
        return found == settings.end() ? EffectiveSetting{"not there", {}, ""} : *found;
    }

    test_support::TempDir folder_;
    FlagValues flags_;
    std::map<std::string, std::string> environment_;
    std::string config_file_;
};

TEST_F(EffectiveSettingsTest, NamesEverySettingInOrderAndTheSecrets) {
    const auto settings = all();
    ASSERT_EQ(settings.size(), option_specs().size() + 2);
    for (std::size_t i = 0; i < option_specs().size(); ++i) {
        EXPECT_EQ(settings[i].name, option_specs()[i].name);
        EXPECT_EQ(settings[i].source, settings[i].values.empty() ? "not set" : "default");
    }
}

TEST_F(EffectiveSettingsTest, TellsWhereEachValueStands) {
    config_file_ =
        folder_.append("config", "# ours\nowner = file\nworkspace = file\n\nagent = file\n");
    environment_["CODER_WORKSPACE_OWNER_NAME"] = "variable";
    environment_["CODER_WORKSPACE_NAME"] = "variable";
    flags_["owner"] = {"first", "flag"};
    flags_["label"] = {"a=1", "b=2"};
    EXPECT_THAT(one("owner").values, ElementsAre("flag"));
    EXPECT_EQ(one("owner").source, "--owner");
    EXPECT_THAT(one("workspace").values, ElementsAre("variable"));
    EXPECT_EQ(one("workspace").source, "CODER_WORKSPACE_NAME");
    EXPECT_THAT(one("agent").values, ElementsAre("file"));
    EXPECT_EQ(one("agent").source, config_file_ + " line 5");
    EXPECT_THAT(one("label").values, ElementsAre("a=1", "b=2"));
    EXPECT_THAT(one("batch-bytes").values, ElementsAre("262144"));
    EXPECT_THAT(one("state-dir").values, ElementsAre("/home/coder/.local/state/boundary-loki"));
    EXPECT_THAT(one("tenant").values, IsEmpty());
}

TEST_F(EffectiveSettingsTest, NeverShowsASecret) {
    flags_["username"] = {"user"};
    flags_["password-file"] = {folder_.append("password", "SECRET-1\n")};
    environment_["LOKI_PASSWORD"] = "SECRET-2";
    EXPECT_EQ(one("password").source, "--password-file");
    EXPECT_THAT(one("password").values, ElementsAre("(set, not shown)"));
    std::string text = settings_text(all()) + settings_json(all());
    EXPECT_THAT(text, Not(HasSubstr("SECRET")));

    flags_.clear();
    environment_.erase("LOKI_PASSWORD");
    environment_["LOKI_BEARER_TOKEN"] = "SECRET-3";
    EXPECT_EQ(one("bearer-token").source, "LOKI_BEARER_TOKEN");
    text = settings_text(all()) + settings_json(all());
    EXPECT_THAT(text, Not(HasSubstr("SECRET")));
}

TEST_F(EffectiveSettingsTest, IsTextForAPersonAndJsonForAMachine) {
    flags_["owner"] = {"o\"\x1b[31m"};
    EXPECT_THAT(settings_text(all()),
                HasSubstr("owner               = o\"\\x1b[31m    # --owner\n"));
    EXPECT_THAT(settings_text(all()), HasSubstr("tenant                 # not set\n"));
    simdjson::dom::parser parser;
    const std::string json = settings_json(all());
    const auto document = parser.parse(json);
    EXPECT_EQ(std::string_view(document["owner"]["values"].at(0)), "o\"\x1b[31m");
    EXPECT_EQ(std::string_view(document["owner"]["source"]), "--owner");
    EXPECT_EQ(document["tenant"]["values"].get_array().size(), 0U);
}

}  // namespace
}  // namespace bridge
