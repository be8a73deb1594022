// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/settings/settings.h"
#include "tests/support/temp_dir.h"

namespace bridge {

/// Settings out of flags, environment and config file of the test's own.
class SettingsTest : public testing::Test {
protected:
    SettingsTest() { environment_["HOME"] = "/home/coder"; }

    [[nodiscard]] base::Result<Settings> try_resolve() {
        const std::string file = config_.empty() ? "" : folder_.file("config");
        if (!file.empty()) {
            std::filesystem::remove(file);
            folder_.append("config", config_);
        }
        return resolve_settings(
            flags_,
            [this](std::string_view name) -> std::optional<std::string> {
                const auto found = environment_.find(std::string(name));
                return found == environment_.end() || found->second.empty()
                           ? std::nullopt
                           : std::optional(found->second);
            },
            file, wish_);
    }
    [[nodiscard]] Settings resolve() {
        auto settings = try_resolve();
        EXPECT_TRUE(settings.has_value()) << settings.error().message;
        return settings.value_or(Settings{});
    }
    [[nodiscard]] std::string trouble() {
        const auto settings = try_resolve();
        EXPECT_FALSE(settings.has_value());
        return settings ? "" : settings.error().message;
    }

    test_support::TempDir folder_;
    FlagValues flags_{{"loki-url", {"http://loki.example:3100"}}};
    std::map<std::string, std::string> environment_;
    std::string config_;
    SettingsWish wish_;
};

}  // namespace bridge
