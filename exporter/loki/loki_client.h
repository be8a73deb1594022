// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exporter/loki/loki_settings.h"
#include "exporter/loki/push_outcome.h"

namespace exporter {

/// What a push needs of Loki's HTTP API. The real one is LokiClient.
class LokiApi {
public:
    LokiApi() = default;
    LokiApi(const LokiApi&) = delete;
    LokiApi& operator=(const LokiApi&) = delete;
    virtual ~LokiApi() = default;

    /// POST /loki/api/v1/push with a raw snappy block. Blocks up to `timeout`.
    [[nodiscard]] virtual Reply push(std::string_view body, std::chrono::milliseconds timeout) = 0;

    /// GET /loki/api/v1/query_range over [start, end) in ns, oldest first. Blocks up to `timeout`.
    [[nodiscard]] virtual Reply query_range(std::string_view query, std::int64_t start_ns,
                                            std::int64_t end_ns, std::size_t limit,
                                            std::chrono::milliseconds timeout) = 0;

    /// How long a stored entry may be missing from query results.
    [[nodiscard]] virtual std::chrono::milliseconds shows_after() const { return {}; }
};

/// Loki, or VictoriaLogs, over HTTP by libcurl: one kept-alive connection, TLS verified, redirects
/// not followed, response bodies capped. One thread may use it; abort() may be called from any.
class LokiClient final : public LokiApi {
public:
    /// An Error if check_loki_headers() has one. Files with credentials are not read yet: that
    /// happens for every request.
    [[nodiscard]] static base::Result<std::unique_ptr<LokiClient>> create(LokiSettings settings);
    ~LokiClient() override;

    [[nodiscard]] Reply push(std::string_view body, std::chrono::milliseconds timeout) override;
    [[nodiscard]] Reply query_range(std::string_view query, std::int64_t start_ns,
                                    std::int64_t end_ns, std::size_t limit,
                                    std::chrono::milliseconds timeout) override;
    [[nodiscard]] std::chrono::milliseconds shows_after() const override;
    /// Whether the server is VictoriaLogs, by its address.
    [[nodiscard]] bool is_victoria_logs() const { return victoria_logs_; }

    using Parameters = std::vector<std::pair<std::string_view, std::string>>;
    /// GET of any path below the base address. Escapes the values. Blocks up to `timeout`.
    [[nodiscard]] Reply get(std::string_view path, const Parameters& parameters,
                            std::chrono::milliseconds timeout);

    /// Makes the next request open a new connection and read the certificates again. From any
    /// thread.
    void reconnect() { fresh_ = true; }
    /// Makes the current request and all later ones fail soon.
    void abort() { aborted_ = true; }

private:
    struct Curl;
    explicit LokiClient(LokiSettings settings);
    [[nodiscard]] Reply get_from(std::string url, const Parameters& parameters,
                                 std::chrono::milliseconds timeout);
    [[nodiscard]] Reply perform(std::chrono::milliseconds timeout, std::size_t body_limit);
    enum class Purpose { Push, Query };
    [[nodiscard]] base::Result<void> prepare(const std::string& url, Purpose purpose);
    void set_headers(Purpose purpose, const std::string& token);
    void set_credentials(const std::string& password);
    void set_transfer(const std::string& url);
    [[nodiscard]] base::Result<std::string> bearer_token() const;
    [[nodiscard]] base::Result<std::string> password() const;
    [[nodiscard]] std::string basic_credentials(const std::string& password) const;
    [[nodiscard]] std::string withheld(std::string text) const;

    LokiSettings settings_;
    bool victoria_logs_;
    std::vector<std::string> tenant_headers_;
    std::unique_ptr<Curl> curl_;
    std::vector<std::string> secrets_;  ///< of the request under way
    std::atomic<bool> aborted_ = false;
    std::atomic<bool> fresh_ = false;
};

}  // namespace exporter
