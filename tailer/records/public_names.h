// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// What looks random in a path and is known to all: revisions, digests, files of packages. All take
/// decoded text, any bytes; all are pure functions.
namespace tailer {

/// RFC 9562's text form, at the front of `text` and not going on behind it.
[[nodiscard]] bool begins_with_uuid(std::string_view text) noexcept;

/// The file of a release, with its version: `left-pad-1.3.0.tgz`,
/// `libssl3_3.0.11-1~deb12u2_amd64.deb`, `v0.18.0.zip`.
[[nodiscard]] bool is_package_file(std::string_view segment) noexcept;

/// A file of source code with a plain name: `session.go`.
[[nodiscard]] bool is_source_file(std::string_view segment) noexcept;

/// A folder of a forge below which everything is a project's own file: `blob`, `tree`.
[[nodiscard]] bool is_source_folder(std::string_view segment) noexcept;

/// The segments in front of one, the nearest first.
struct Before {
    std::string_view first;
    std::string_view second;
};

/// What is named by its content: a git revision behind `commit`, a digest behind `sha256` or
/// `sha256:`, a git object, a file of a package index by its digest. `in_sources`: of a path that
/// ends in a source file.
[[nodiscard]] bool is_content_address(std::string_view segment, const Before& before,
                                      bool in_sources) noexcept;

/// What stands behind a package's `@`: `3.4.21`, `^1.2`, `latest`, `2x.png`.
[[nodiscard]] bool is_package_tag(std::string_view text) noexcept;

}  // namespace tailer
