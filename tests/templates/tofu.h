// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace templates {

/// A folder with a template in it, and the real OpenTofu with the real providers coder/coder and
/// hashicorp/kubernetes, none of which needs a network for this.
class Tofu {
public:
    Tofu();

    /// Copies from the repository as an engineer does, `cp -rL`: links become what they point to.
    void copy(const std::string& from, const std::string& to) const;
    void write(const std::string& name, const std::string& text) const;
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

    /// tofu with these words, within `inside` (a folder of it).
    [[nodiscard]] test_support::RunResult run(
        const std::string& words, const std::string& inside = ".",
        const std::map<std::string, std::string>& environment = {}) const;
    /// get and validate: "" or what is wrong.
    [[nodiscard]] std::string validated(const std::string& inside = ".") const;

private:
    test_support::TempDir folder_;
    test_support::TempDir settings_;
};

/// What the provisioner tells the coder provider of the workspace.
[[nodiscard]] std::map<std::string, std::string> provisioner_environment();

}  // namespace templates
