// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace base {

/// A file that is written piece by piece beside `path` and then takes its place in one step that
/// survives a power cut. Until then, and when anything fails, the old content is untouched.
class Replacement {
public:
    /// Makes `<path>.tmp`, mode 0600.
    [[nodiscard]] static Result<Replacement> begin(const std::string& path);
    Replacement(Replacement&& other) noexcept
        : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}
    Replacement& operator=(Replacement&&) = delete;
    ~Replacement();

    [[nodiscard]] Result<void> write(std::string_view content);
    /// fsyncs it, renames it over `path`, fsyncs the folder. Gives the file, open at its end.
    [[nodiscard]] Result<UniqueFd> commit();

private:
    Replacement(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    std::string path_;  ///< empty once there is nothing to take away
    UniqueFd fd_;
};

/// Replaces `path` in one step that survives a power cut: writes `<path>.tmp` (mode 0600), fsyncs
/// it, renames it over `path`, fsyncs the folder. On an Error the old content is untouched.
[[nodiscard]] Result<void> replace_durably(const std::string& path, std::string_view content);

/// Writes at the end of the file; `path` is for the Error's text.
[[nodiscard]] Result<void> write_all(int fd, std::string_view content, const std::string& path);

/// The whole file. An Error with code ENOENT when there is none.
[[nodiscard]] Result<std::string> read_whole(const std::string& path);

/// Makes `path` and what leads to it, mode 0700; an existing folder is left as it is.
[[nodiscard]] Result<void> make_private_folder(const std::string& path);

}  // namespace base
