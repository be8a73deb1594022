// SPDX-License-Identifier: MIT
#include "tests/end_to_end/audit_socket.h"

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace end_to_end {
namespace {

/// One field of a message in Protocol Buffers.
struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;
    std::string_view bytes;
};

std::uint64_t take_varint(std::string_view& rest) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest.empty() && shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        if (byte < 0x80U) {
            break;
        }
    }
    return value;
}

std::vector<Field> fields_of(std::string_view message) {
    std::vector<Field> fields;
    while (!message.empty()) {
        const std::uint64_t key = take_varint(message);
        Field field{key >> 3U, take_varint(message), {}};
        if ((key & 7U) == 2) {
            field.bytes = message.substr(0, field.value);
            message.remove_prefix(field.bytes.size());
        }
        fields.push_back(field);
    }
    return fields;
}

/// The last of that number, or an empty one.
Field field_of(std::string_view message, std::uint64_t number) {
    Field found;
    for (const auto& field : fields_of(message)) {
        found = field.number == number ? field : found;
    }
    return found;
}

/// The rows of one message: a report, which says the session once, and holds a log a request.
std::vector<AuditRow> rows_of(std::string_view message) {
    std::vector<AuditRow> rows;
    const std::string_view report = field_of(message, 1).bytes;
    const std::string session(field_of(report, 2).bytes);
    for (const auto& log : fields_of(report)) {
        if (log.number != 1) {
            continue;
        }
        const std::string_view request = field_of(log.bytes, 3).bytes;
        rows.push_back({session, static_cast<std::int64_t>(field_of(log.bytes, 4).value),
                        field_of(log.bytes, 1).value == 1, std::string(field_of(request, 1).bytes),
                        std::string(field_of(request, 2).bytes)});
    }
    return rows;
}

/// Takes one message off `buffer`, when it is there whole: 8 bits of tag, 24 of length, the rest.
std::optional<std::string> take_message(std::string& buffer) {
    constexpr std::size_t kHead = 4;
    if (buffer.size() < kHead) {
        return std::nullopt;
    }
    std::size_t length = 0;
    for (std::size_t i = 1; i < kHead; ++i) {
        length = length << 8U | static_cast<unsigned char>(buffer[i]);
    }
    if (buffer.size() < kHead + length) {
        return std::nullopt;
    }
    std::string message = buffer.substr(kHead, length);
    buffer.erase(0, kHead + length);
    return message;
}

/// Whether there is something to read before the end is asked for.
bool readable(int fd, int stop) {
    std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
    return ::poll(fds.data(), fds.size(), -1) > 0 && fds[1].revents == 0;
}

}  // namespace

AuditSocket::AuditSocket(std::string path)
    : path_(std::move(path)),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) {
        throw std::runtime_error("too long for a socket: " + path_);
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 16) != 0) {
        throw std::runtime_error("cannot listen on " + path_);
    }
    acceptor_ = std::jthread([this] { accept_all(); });
}

AuditSocket::~AuditSocket() {
    ::eventfd_write(stop_.get(), 1);
    acceptor_.join();
    clients_.clear();
}

std::vector<AuditRow> AuditSocket::rows() const {
    const std::scoped_lock lock(mutex_);
    return rows_;
}

void AuditSocket::accept_all() {
    while (readable(listener_.get(), stop_.get())) {
        auto client = std::make_shared<base::UniqueFd>(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client->valid()) {
            clients_.emplace_back([this, client] { serve(client->get()); });
        }
    }
}

void AuditSocket::serve(int client) {
    std::string buffer;
    while (readable(client, stop_.get())) {
        std::array<char, 16U << 10U> chunk{};
        const auto got = ::recv(client, chunk.data(), chunk.size(), 0);
        if (got <= 0) {
            return;
        }
        buffer.append(chunk.data(), static_cast<std::size_t>(got));
        while (const auto message = take_message(buffer)) {
            const auto more = rows_of(*message);
            const std::scoped_lock lock(mutex_);
            rows_.insert(rows_.end(), more.begin(), more.end());
        }
    }
}

}  // namespace end_to_end
