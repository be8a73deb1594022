// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <tl/expected.hpp>

namespace base {

/// Trouble from the environment: a sentence for a person that says what and where, plus the errno
/// when a system call was the cause (else 0).
struct Error {
    std::string message;
    int code = 0;
};

/// A value or an Error. An alias so that std::expected can take over when the toolchain has it.
template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> failure(std::string message, int code = 0) {
    return tl::unexpected<Error>(Error{std::move(message), code});
}

/// An Error for a failed system call: "<doing> <path>: <strerror>".
[[nodiscard]] inline tl::unexpected<Error> system_failure(std::string_view doing,
                                                          std::string_view path, int code = errno) {
    std::string message(doing);
    message.append(" ").append(path).append(": ");
    message.append(std::generic_category().message(code));
    return failure(std::move(message), code);
}

}  // namespace base
