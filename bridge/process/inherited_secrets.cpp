// SPDX-License-Identifier: MIT
#include "bridge/process/inherited_secrets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

#include "base/unique_fd.h"

namespace bridge {
namespace {

constexpr std::array<std::string_view, 2> kNames = {"LOKI_BEARER_TOKEN", "LOKI_PASSWORD"};
/// Far more than two secrets have.
constexpr std::size_t kLongest = 64 * 1024;

base::Result<std::string> read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> part{};
    for (;;) {
        const ssize_t count = ::read(descriptor, part.data(), part.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return base::system_failure("--secrets-fd: cannot read descriptor",
                                        std::to_string(descriptor));
        }
        if (count == 0) {
            return text;
        }
        text.append(part.data(), static_cast<std::size_t>(count));
        if (text.size() > kLongest) {
            return base::failure("--secrets-fd: more than 64 KiB");
        }
    }
}

}  // namespace

base::Result<void> take_secrets_from(int descriptor) {
    const base::UniqueFd owner(descriptor);
    auto text = read_all(descriptor);
    if (!text) {
        return tl::unexpected(text.error());
    }
    for (std::string_view rest = *text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto equals = line.find('=');
        const std::string name(line.substr(0, equals));
        if (equals == std::string_view::npos || std::ranges::find(kNames, name) == kNames.end()) {
            return base::failure(
                "--secrets-fd: want lines LOKI_BEARER_TOKEN=VALUE or LOKI_PASSWORD=VALUE");
        }
        ::setenv(name.c_str(), std::string(line.substr(equals + 1)).c_str(), 1);
    }
    return {};
}

}  // namespace bridge
