// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace end_to_end {

/// What coderd keeps of one request: a row of its table `boundary_logs`.
struct AuditRow {
    std::string session;
    std::int64_t number = 0;
    bool allowed = false;
    std::string method;
    std::string url;
    friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

/// The workspace agent's socket, to which Boundary sends what coderd is to record.
class AuditSocket {
public:
    explicit AuditSocket(std::string path);
    AuditSocket(const AuditSocket&) = delete;
    AuditSocket& operator=(const AuditSocket&) = delete;
    ~AuditSocket();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::vector<AuditRow> rows() const;

private:
    void accept_all();
    void serve(int client);

    std::string path_;
    base::UniqueFd listener_;
    base::UniqueFd stop_;
    mutable std::mutex mutex_;
    std::vector<AuditRow> rows_;
    std::vector<std::jthread> clients_;  ///< touched by the accepting thread alone
    std::jthread acceptor_;
};

}  // namespace end_to_end
