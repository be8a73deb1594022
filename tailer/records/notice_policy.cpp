// SPDX-License-Identifier: MIT
#include "tailer/records/notice_policy.h"

#include <algorithm>
#include <array>

namespace tailer {
namespace {

constexpr NoticeKind kLife = NoticeKind::Lifecycle;
constexpr NoticeKind kTrail = NoticeKind::Trail;

/// All that Boundary logs above DEBUG besides its verdicts (coder/boundary, every logger call of
/// each version from v0.1.0 to its main branch of June 2026), sorted by message.
constexpr std::array kKnownNotices = std::to_array<KnownNotice>({
    {"Audit logs are disabled by configuration", kTrail, "", "v0.5.0 on"},
    {"Audit logs are disabled; workspace agent has not created log proxy socket", kTrail, "socket",
     "v0.5.0 on"},
    {"CA certificate has expired", kTrail, "", "v0.1.0 on"},
    {"Closing boundary...", kLife, "", "v0.1.0 to v0.3.0"},
    {"Command completed, shutting down...", kLife, "", "v0.1.0 on"},
    {"Command execution failed", kTrail, "error", "v0.1.0 on", true},
    {"Command failed to start", kTrail, "error", "v0.1.0 on"},
    {"DNS in namespace is configured successfully", kLife, "", "v0.3.0 to v0.6.1"},
    {"Executing target command", kLife, "", "v0.4.0 on"},
    {"Failed to accept connection", kTrail, "error", "v0.1.0 on"},
    {"Failed to change config directory ownership", kTrail, "error", "v0.1.0 on"},
    {"Failed to check connection type", kTrail, "error", "v0.1.0 on"},
    {"Failed to clean up iptables rules", kTrail, "error", "v0.1.0 on"},
    {"Failed to clean up networking", kTrail, "error", "v0.1.0 on"},
    {"Failed to close HTTP response body", kLife, "", "v0.1.0 on"},
    {"Failed to close TLS connection", kLife, "", "v0.1.0 on"},
    {"Failed to close boundary", kTrail, "error", "v0.1.0 to v0.3.0"},
    {"Failed to close cert file", kLife, "", "v0.1.0 on"},
    {"Failed to close connection", kLife, "", "v0.1.0 on"},
    {"Failed to close key file", kLife, "", "v0.1.0 on"},
    {"Failed to close listener", kLife, "", "v0.1.0 on"},
    {"Failed to create HTTP listener", kTrail, "error", "v0.1.0 on"},
    {"Failed to create certificate manager", kTrail, "error", "v0.1.0 on"},
    {"Failed to decode CA cert PEM", kTrail, "", "v0.1.0 on"},
    {"Failed to decode CA key PEM", kTrail, "", "v0.1.0 on"},
    {"Failed to forward HTTPS request", kTrail, "error", "v0.1.0 on"},
    {"Failed to forward back HTTP response", kLife, "", "v0.1.0 on"},
    {"Failed to parse CA certificate", kTrail, "error", "v0.1.0 on"},
    {"Failed to parse CA private key", kTrail, "error", "v0.1.0 on"},
    {"Failed to parse allow rules", kTrail, "error", "v0.1.0 on"},
    {"Failed to read CA cert", kTrail, "error", "v0.1.0 on"},
    {"Failed to read CA key", kTrail, "error", "v0.1.0 on"},
    {"Failed to read HTTP request", kTrail, "error", "v0.1.0 on"},
    {"Failed to read HTTP request from CONNECT tunnel", kTrail, "error", "v0.4.0 on"},
    {"Failed to read HTTPS request", kTrail, "error", "v0.1.0 on"},
    {"Failed to remove temporary PF rules file", kLife, "", "v0.1.0"},
    {"Failed to remove temporary main PF rules file", kLife, "", "v0.1.0"},
    {"Failed to run child process", kTrail, "error", "v0.4.0 to v0.9.0", true},
    {"Failed to send CONNECT response", kTrail, "error", "v0.1.0 on"},
    {"Failed to shutdown pprof server", kLife, "", "v0.2.2 on"},
    {"Failed to stop landjail manager", kTrail, "error", "v0.4.0 on"},
    {"Failed to stop namespace-jail manager", kTrail, "error", "v0.4.0 on"},
    {"Failed to stop proxy server", kTrail, "error", "v0.1.0 on"},
    {"Failed to write blocker response", kLife, "", "v0.1.0 on"},
    {"Generating new CA certificate", kLife, "", "v0.1.0 on"},
    {"No allow rules specified; all network traffic will be denied by default", kTrail, "",
     "v0.1.0 on"},
    {"Proxy server error", kTrail, "error", "v0.1.0 on"},
    {"Received signal, shutting down...", kLife, "", "v0.1.0 on"},
    {"Serving pprof on existing listener", kLife, "", "v0.2.2 on"},
    {"Start landjail manager", kLife, "", "v0.4.0 on"},
    {"Start namespace-jail manager", kLife, "", "v0.4.0 on"},
    {"Starting HTTP proxy with TLS termination", kLife, "", "v0.1.0 on"},
    {"Stop landjail manager", kLife, "", "v0.4.0 on"},
    {"Stop namespace-jail manager", kLife, "", "v0.4.0 on"},
    {"TLS handshake failed", kTrail, "error", "v0.1.0 on"},
    {"TLS handshake failed in CONNECT tunnel", kTrail, "error", "v0.4.0 on"},
    {"audit log dropped, batch full", kTrail, "", "v0.5.0 on"},
    {"audit log dropped, channel full", kTrail, "", "v0.5.0 on"},
    {"boundary CHILD process is started", kLife, "", "v0.1.0 on"},
    {"boundary session started", kLife, "", "after v0.9.0"},
    {"can't create http request", kTrail, "error", "v0.1.0 on"},
    {"can't read response body", kLife, "", "v0.1.0 on"},
    {"child networking is successfully configured", kLife, "", "v0.1.0 on"},
    {"configuration after command execution failed", kTrail, "error", "v0.1.0 on"},
    {"dropping batch due to data error on flush attempt", kTrail, "error batch_size", "v0.5.0 on"},
    {"dummy DNS TCP server failed", kTrail, "error", "v0.7.0 on"},
    {"dummy DNS TCP server shutdown failed", kLife, "", "v0.7.0 on"},
    {"dummy DNS UDP server failed", kTrail, "error", "v0.7.0 on"},
    {"dummy DNS UDP server shutdown failed", kLife, "", "v0.7.0 on"},
    {"dummy DNS server started in namespace", kLife, "", "v0.7.0 on"},
    {"failed to connect to audit socket", kTrail, "path error", "v0.5.0 on"},
    {"failed to flush audit logs; resetting batch timer to reconnect and retry", kTrail,
     "error duration_sec batch_size", "v0.5.0 on"},
    {"failed to listen on port for pprof server", kLife, "", "v0.2.2 on"},
    {"failed to send drop status", kTrail, "error", "v0.9.0 on"},
    {"no connection to flush; resetting batch timer", kTrail, "duration_sec batch_size",
     "v0.5.0 on"},
    {"pprof server error", kLife, "", "v0.2.2 on"},
    {"unexpected nil listener", kTrail, "", "v0.1.0 on"},
    {"using real DNS in namespace (--use-real-dns)", kLife, "", "v0.7.0 on"},
});
static_assert(std::ranges::is_sorted(kKnownNotices, {}, &KnownNotice::message));

std::string_view value_of(const Notice& notice, std::string_view key) {
    const auto found = std::ranges::find(notice.fields, key, &base::LabelView::name);
    return found == notice.fields.end() ? std::string_view{} : found->value;
}

/// os/exec's text for a process that ended by itself: `exit status 3`.
bool is_exit_status(std::string_view error) {
    constexpr std::string_view kText = "exit status ";
    return error.starts_with(kText) && error.size() > kText.size() &&
           error.find_first_not_of("0123456789", kText.size()) == std::string_view::npos;
}

bool holds_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) {
            return true;
        }
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

}  // namespace

ValueKind value_kind(std::string_view key) noexcept {
    struct Row {
        std::string_view key;
        ValueKind kind;
    };
    constexpr Row kRows[] = {
        {"error", ValueKind::Error},
        {"path", ValueKind::Path},
        {"socket", ValueKind::Path},
        {"batch_size", ValueKind::Number},
        {"duration_sec", ValueKind::Number},
        {"method", ValueKind::Method},
        {"url", ValueKind::Url},
        {"host", ValueKind::Host},
        {"rule", ValueKind::Rule},
        {"port", ValueKind::Number},
        {"pid", ValueKind::Number},
        {"status", ValueKind::Number},
    };
    const auto* const found = std::ranges::find(kRows, key, &Row::key);
    return found == std::end(kRows) ? ValueKind::Text : found->kind;
}

bool is_plain_number(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 20;
    return text.size() <= kLongest &&
           text.find_first_not_of("-0123456789.") == std::string_view::npos;
}

const KnownNotice* find_known_notice(std::string_view message) noexcept {
    const auto* const found =
        std::ranges::lower_bound(kKnownNotices, message, {}, &KnownNotice::message);
    return found != kKnownNotices.end() && found->message == message ? found : nullptr;
}

NoticeKind kind_of(const Notice& notice) noexcept {
    if (!notice.suspect.empty()) {
        return kTrail;
    }
    const KnownNotice* const known = find_known_notice(notice.message);
    if (known == nullptr) {
        return notice.level == "DEBUG" ? kLife : NoticeKind::Unknown;
    }
    const bool exited = known->unless_exit_status && is_exit_status(value_of(notice, "error"));
    return exited ? kLife : known->kind;
}

bool is_audit_drop(std::string_view message) noexcept {
    return message.starts_with("audit log dropped") ||
           message == "dropping batch due to data error on flush attempt";
}

bool keeps_value(const Notice& notice, std::string_view key) noexcept {
    // Who forges a verdict is to be found by what it says.
    constexpr std::string_view kOfAVerdict = "method url host rule";
    if (!notice.suspect.empty()) {
        return holds_word(kOfAVerdict, key);
    }
    const KnownNotice* const known = find_known_notice(notice.message);
    return known != nullptr && holds_word(known->keys, key);
}

}  // namespace tailer
