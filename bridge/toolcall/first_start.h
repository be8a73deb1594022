// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace bridge::toolcall {

/// Where Boundary keeps its CA's certificate (coder/boundary config/user_info.go): in
/// $XDG_CONFIG_HOME/coder_boundary, else in .config/coder_boundary below the home that passwd has
/// for the user ($HOME is not asked), who under sudo is SUDO_USER.
[[nodiscard]] std::string ca_certificate_path();

/// Boundary makes its CA at the first start, and two that do so at once leave a key and a
/// certificate that do not fit (coder/boundary tls/tls.go). So the first start goes alone: the
/// others wait until it has begun its command, or there is a CA, at most for two seconds. Where the
/// journal shows that there were calls before, nobody waits, whether the CA is found or not.
class FirstStart {
public:
    explicit FirstStart(const std::string& journal_dir);
    /// Lets the others go.
    void done() { held_.reset(); }

private:
    base::UniqueFd held_;
};

}  // namespace bridge::toolcall
