// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exporter {

/// What came of one HTTP request.
struct Reply {
    enum class Transport : std::uint8_t {
        Answered,
        NotSent,    ///< the server cannot have seen the request
        Ambiguous,  ///< it may have
    };
    Transport transport = Transport::NotSent;
    long status = 0;    ///< with Answered
    std::string body;   ///< with Answered; capped
    std::string error;  ///< otherwise, what libcurl says
    enum class Tls : std::uint8_t {
        None,
        Untrusted,    ///< the server's certificate is not accepted
        NoHandshake,  ///< the two sides could not agree
        BadFile,      ///< a certificate or key of ours cannot be used
    };
    Tls tls = Tls::None;
    bool stores_repeats = false;                   ///< from a VictoriaLogs, which has no dedup
    std::optional<std::int64_t> server_time = {};  ///< its Date, in seconds since the Unix epoch
};

/// What a push's reply means for its batch.
enum class Outcome : std::uint8_t {
    Stored,    ///< in Loki
    Retry,     ///< send the same again, later
    Hold,      ///< an operator has to mend something; keep the data, try again slowly
    TooLarge,  ///< send it in smaller pieces
    Rejected,  ///< some entries are refused for good, the rest may be stored
};

/// Only 204 is stored: 260 means blocked and dropped, and a 200 comes from something that is not
/// Loki. A 400 or 422 is a refusal only when is_lokis_own() says so of its text. See README.md for
/// the table.
[[nodiscard]] Outcome classify(const Reply& reply);

/// Whether this is how Loki refuses entries or a stream. A gateway in between answers 400, 413 and
/// 422 as well, for reasons of its own, and says nothing of what is sent through it.
[[nodiscard]] bool is_lokis_own(std::string_view body);

/// Whether the server may have stored what was pushed, all the same.
[[nodiscard]] bool is_ambiguous(const Reply& reply);

/// Whether a refusal for this reason depends on when it was sent: the same entry may have been
/// taken earlier.
[[nodiscard]] bool depends_on_time(std::string_view reason);

/// Why Loki refused, as a bounded metric label: the names that Loki's own
/// loki_discarded_samples_total uses, or `other`.
[[nodiscard]] std::string_view rejection_reason(std::string_view body);

/// Every value that rejection_reason() gives, and those that the exporter makes itself.
inline constexpr std::string_view kRejectionReasons[] = {"greater_than_max_sample_age",
                                                         "too_far_in_future",
                                                         "too_far_behind",
                                                         "line_too_long",
                                                         "structured_metadata_too_large",
                                                         "structured_metadata_too_many",
                                                         "label_name_too_long",
                                                         "label_value_too_long",
                                                         "max_label_names_per_series",
                                                         "invalid_labels",
                                                         "too_large",
                                                         "in_doubt",
                                                         "other"};

/// What Loki says in front of a stream's labels, whose values may be anything.
[[nodiscard]] std::string_view before_labels(std::string_view body);

/// Whether the tenant has as many streams as it may have. What has a stream is still taken.
[[nodiscard]] bool is_stream_limit(const Reply& reply);

/// Whether the server refuses structured metadata as such.
[[nodiscard]] bool refuses_metadata(const Reply& reply);

/// What an operator can do about a reply that needs one; empty for any other.
[[nodiscard]] std::string_view advice(const Reply& reply);

/// The first line of a reply's body or its error, at most 200 bytes, fit for a log.
[[nodiscard]] std::string reply_text(const Reply& reply);

}  // namespace exporter
