// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace packaging {

/// A clean Debian, read-only but for /tmp, /run and the home of its one user, `coder` (uid 1000, no
/// sudo), with processes of its own: all of them end with this object. Shares only the network.
/// Needs root or sudo, and the right to mount.
class CleanRoot {
public:
    /// `name` as tests/tools/roots.sh has it; `mounts` as FROM:TO, read-only, or FROM:TO:rw. Below
    /// /run and /tmp, TO need not be there. Throws when it fails.
    explicit CleanRoot(const std::string& name, const std::vector<std::string>& mounts = {});

    CleanRoot(const CleanRoot&) = delete;
    CleanRoot& operator=(const CleanRoot&) = delete;
    ~CleanRoot();

    using Environment = std::map<std::string, std::string>;
    /// The command line that runs `arguments` within, as `coder` and with nothing but
    /// `environment`, PATH and HOME.
    [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& arguments,
                                                   const Environment& environment = {}) const;
    /// The same as another user of that one's group, who has no home and no entry in passwd.
    [[nodiscard]] std::vector<std::string> command_as(
        const std::string& uid, const std::vector<std::string>& arguments) const;
    /// Runs it to its end.
    [[nodiscard]] test_support::RunResult run(const std::vector<std::string>& arguments,
                                              const Environment& environment = {}) const;
    [[nodiscard]] test_support::RunResult shell(const std::string& script,
                                                const Environment& environment = {}) const;

private:
    [[nodiscard]] std::vector<std::string> words(const std::string& uid, const std::string& folder,
                                                 const Environment& environment,
                                                 const std::vector<std::string>& arguments) const;

    test_support::TempDir folder_;
    test_support::Process holder_;
    std::string pid_;  ///< of the first process within, as seen from outside
};

}  // namespace packaging
