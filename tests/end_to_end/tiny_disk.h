// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace end_to_end {

/// A filesystem of 1 MiB mounted on a folder, in a mount namespace that it keeps alive.
class TinyDisk {
public:
    explicit TinyDisk(const std::string& folder) : folder_(folder) {
        std::filesystem::create_directories(folder);
        constexpr const char* kScript =
            "mount -t tmpfs -o size=1m,mode=700 tiny \"$1\" && touch \"$1/mounted\" && "
            "exec sleep infinity";
        holder_.emplace(std::vector<std::string>{"unshare", "--user", "--map-root-user", "--mount",
                                                 "sh", "-c", kScript, "sh", folder});
    }
    [[nodiscard]] bool mounted() const {
        return test_support::eventually([&] { return run({"test", "-e", folder_ + "/mounted"}); });
    }
    /// A command becomes one that sees the disk.
    [[nodiscard]] std::vector<std::string> inside(std::vector<std::string> command) const {
        const std::vector<std::string> enter = {"nsenter",  "--preserve-credentials",
                                                "--user",   "--mount",
                                                "--target", std::to_string(holder_->pid())};
        command.insert(command.begin(), enter.begin(), enter.end());
        return command;
    }
    /// Whether a command that sees the disk ends well.
    [[nodiscard]] bool run(std::vector<std::string> command) const {
        return test_support::run_command(inside(std::move(command))).status == 0;
    }
    /// Takes every byte that is left.
    void fill() const {
        static_cast<void>(run({"sh", "-c", "cat /dev/zero >\"$1/filler\"", "sh", folder_}));
    }
    [[nodiscard]] bool give_back() const { return run({"rm", folder_ + "/filler"}); }

private:
    std::string folder_;
    std::optional<test_support::Process> holder_;
};

}  // namespace end_to_end
