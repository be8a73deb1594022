// SPDX-License-Identifier: MIT
#include "bridge/toolcall/link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"

namespace bridge::toolcall {
namespace {

/// The kernel passes at most 253 at once (SCM_MAX_FD, unix(7)).
constexpr std::size_t kMostAtOnce = 250;
/// More than any command can have: the kernel refuses arguments beyond 6 MiB (execve(2)).
constexpr ::off_t kLargestText = 8 << 20;

/// What does not vary in length; the texts are in a file that goes with it.
struct Head {
    pid_t group = 0;
    std::uint64_t blocked = 0;
    std::uint64_t ignored = 0;
    std::uint64_t most_files = 0;
    std::uint32_t descriptors = 0;
};

struct Numbers {
    std::uint32_t count = 0;
    std::array<std::int32_t, kMostAtOnce> numbers{};
};

struct Ancillary {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostAtOnce)> bytes{};
};

template <typename Plain>
bool send_with(int socket, const Plain& plain, std::span<const int> descriptors) {
    static_assert(std::is_trivially_copyable_v<Plain>);
    iovec content{const_cast<Plain*>(&plain), sizeof plain};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    Ancillary ancillary;
    if (!descriptors.empty()) {
        message.msg_control = ancillary.bytes.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    ::ssize_t sent = -1;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<::ssize_t>(sizeof plain);
}

template <typename Plain>
bool receive_with(int socket, Plain& plain, std::vector<base::UniqueFd>& descriptors) {
    static_assert(std::is_trivially_copyable_v<Plain>);
    iovec content{&plain, sizeof plain};
    Ancillary ancillary;
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.bytes.data();
    message.msg_controllen = ancillary.bytes.size();
    ::ssize_t got = -1;
    do {
        got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return false;
    }
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            descriptors.emplace_back(fd);
        }
    }
    return got == static_cast<::ssize_t>(sizeof plain) && (message.msg_flags & MSG_TRUNC) == 0;
}

std::string text_of(const Setup& setup) {
    std::string text;
    const auto add = [&text](std::string_view part) { text.append(part).push_back('\0'); };
    add(setup.id);
    add(setup.journal_dir);
    add(setup.child ? "=" + *setup.child : "");
    for (const auto& argument : setup.command) {
        add(argument);
    }
    return text;
}

bool read_text(std::string_view text, Setup& setup) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = text.find('\0');
        if (end == std::string_view::npos) {
            return false;
        }
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    if (parts.size() < 4) {
        return false;
    }
    setup.id = parts[0];
    setup.journal_dir = parts[1];
    if (!parts[2].empty()) {
        setup.child = parts[2].substr(1);
    }
    setup.command.assign(parts.begin() + 3, parts.end());
    return true;
}

bool read_file(int fd, Setup& setup) {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || info.st_size <= 0 || info.st_size > kLargestText) {
        return false;
    }
    std::string text(static_cast<std::size_t>(info.st_size), '\0');
    std::size_t at = 0;
    while (at < text.size()) {
        const ::ssize_t got =
            ::pread(fd, text.data() + at, text.size() - at, static_cast<::off_t>(at));
        if (got <= 0) {
            return false;
        }
        at += static_cast<std::size_t>(got);
    }
    return read_text(text, setup);
}

Numbers numbers_of(std::span<const int> descriptors) {
    Numbers numbers;
    numbers.count = static_cast<std::uint32_t>(descriptors.size());
    std::ranges::copy(descriptors, numbers.numbers.begin());
    return numbers;
}

}  // namespace

bool Link::send(const Message& message) const { return send_with(end_.get(), message, {}); }

std::optional<Message> Link::receive() const {
    Message message;
    std::vector<base::UniqueFd> none;
    return receive_with(end_.get(), message, none) ? std::optional(message) : std::nullopt;
}

bool Link::send_setup(const Setup& setup, const std::vector<int>& descriptors) const {
    const base::UniqueFd texts(::memfd_create("tool-call", MFD_CLOEXEC));
    if (!texts.valid() || !base::write_all(texts.get(), text_of(setup), "the call's setup")) {
        return false;
    }
    // Counted in messages, for one that cannot be passed goes without.
    const std::size_t chunks = (descriptors.size() + kMostAtOnce - 1) / kMostAtOnce;
    const Head head{setup.group, setup.blocked, setup.ignored, setup.most_files,
                    static_cast<std::uint32_t>(descriptors.size())};
    const int texts_fd = texts.get();
    if (!send_with(end_.get(), head, {&texts_fd, 1})) {
        return false;
    }
    for (std::size_t i = 0; i < chunks; ++i) {
        const std::size_t from = i * kMostAtOnce;
        const std::span<const int> chunk(descriptors.data() + from,
                                         std::min(kMostAtOnce, descriptors.size() - from));
        if (send_with(end_.get(), numbers_of(chunk), chunk)) {
            continue;
        }
        for (const int& fd : chunk) {
            if (!send_with(end_.get(), numbers_of({&fd, 1}), {&fd, 1}) &&
                !send_with(end_.get(), Numbers{}, {})) {
                return false;
            }
        }
    }
    return true;
}

std::optional<Link::Received> Link::receive_setup() const {
    Head head;
    std::vector<base::UniqueFd> texts;
    if (!receive_with(end_.get(), head, texts) || texts.size() != 1) {
        return std::nullopt;
    }
    Received received;
    received.setup.group = head.group;
    received.setup.blocked = head.blocked;
    received.setup.ignored = head.ignored;
    received.setup.most_files = head.most_files;
    if (!read_file(texts.front().get(), received.setup)) {
        return std::nullopt;
    }
    for (std::size_t seen = 0; seen < head.descriptors;) {
        Numbers numbers;
        std::vector<base::UniqueFd> descriptors;
        if (!receive_with(end_.get(), numbers, descriptors) ||
            numbers.count != descriptors.size()) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i < descriptors.size(); ++i) {
            received.descriptors.push_back({numbers.numbers.at(i), std::move(descriptors[i])});
        }
        seen += std::max<std::size_t>(numbers.count, 1);
    }
    return received;
}

}  // namespace bridge::toolcall
