// SPDX-License-Identifier: MIT
#include "exporter/loki/secret_file.h"

#include <algorithm>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace exporter {
namespace {

/// Far more than servers take as a header.
constexpr std::size_t kLongestSecret = 64U << 10U;

}  // namespace

bool fits_header(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

base::Result<std::string> read_secret(const std::string& path) {
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat info {};
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
        return base::system_failure("cannot read", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return base::failure("cannot read " + path + ": it is no regular file");
    }
    std::string text(kLongestSecret, '\0');
    const ::ssize_t got = ::read(fd.get(), text.data(), text.size());
    if (got < 0) {
        return base::system_failure("cannot read", path);
    }
    text.resize(static_cast<std::size_t>(got));
    text.resize(std::min(text.find('\n'), text.size()));
    text.erase(0, text.find_first_not_of(" \t\r"));
    text.resize(text.find_last_not_of(" \t\r") + 1);
    if (text.empty()) {
        return base::failure(path + " is empty: it should hold a credential in its first line");
    }
    if (!fits_header(text)) {
        return base::failure(path +
                             " holds a control byte in its first line, where a credential "
                             "should be");
    }
    return text;
}

bool readable_by_others(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0;
}

}  // namespace exporter
