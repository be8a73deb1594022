// SPDX-License-Identifier: MIT
#include "exporter/loki/push_outcome.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "exporter/loki/victoria_logs.h"

namespace exporter {
namespace {

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Phrases of grafana/loki pkg/validation/validate.go and pkg/ingester/stream.go.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kPhrases = {{
    {"timestamp too old", "greater_than_max_sample_age"},
    {"timestamp too new", "too_far_in_future"},
    {"entry too far behind", "too_far_behind"},
    {"max entry size", "line_too_long"},
    {"structured metadata too large", "structured_metadata_too_large"},
    {"too many structured metadata", "structured_metadata_too_many"},
    {"label name too long", "label_name_too_long"},
    {"label value too long", "label_value_too_long"},
    {"label names; limit", "max_label_names_per_series"},
    {"couldn't parse labels", "invalid_labels"},
    {"label", "invalid_labels"},  // too common a word to tell Loki by: see is_lokis_own()
}};

/// What its other refusals of entries and streams hold, of the same files and of
/// pkg/loghttp/push/push.go.
constexpr std::array<std::string_view, 10> kOtherPhrases = {"total ignored: ",
                                                            "Per stream rate limit exceeded",
                                                            "entry out of order",
                                                            "duplicate label name",
                                                            "missing required labels",
                                                            "error parsing labels",
                                                            "error at least one valid stream",
                                                            "error at least one label pair",
                                                            "includes structured metadata, but",
                                                            "request body too large: "};

/// A 400 of these concerns the tenant header, not the entries.
bool is_tenant_trouble(std::string_view body) {
    return holds(body, "multiple org IDs") || holds(body, "tenant ID");
}

/// A proxy in between answers with a page of its own, where Loki's errors are plain text: nginx
/// says so with a 400 that it wants a client certificate, or to be spoken to by TLS.
bool is_web_page(std::string_view body) {
    return body.substr(0, 512).find("<html") != std::string_view::npos;
}

std::string_view tls_advice(Reply::Tls tls) {
    switch (tls) {
        case Reply::Tls::Untrusted:
            return "name the authority that signed the server's certificate with --ca-cert, or "
                   "mend "
                   "the certificate (its dates, its host names) or the host in --loki-url";
        case Reply::Tls::NoHandshake:
            return "the server has to speak TLS 1.2 or 1.3 at --loki-url, and may want a client "
                   "certificate (--client-cert, --client-key)";
        case Reply::Tls::BadFile:
            return "--ca-cert, --client-cert and --client-key have to be PEM files that belong "
                   "together";
        case Reply::Tls::None:
            break;
    }
    return {};
}

}  // namespace

std::string_view advice(const Reply& reply) {
    if (reply.transport != Reply::Transport::Answered) {
        return tls_advice(reply.tls);
    }
    const std::string_view body = reply.body;
    if (reply.status == 400 && is_web_page(body)) {
        return holds(body, "SSL") || holds(body, "HTTPS")
                   ? "the server wants https:// in --loki-url, or a client certificate that it "
                     "accepts (--client-cert, --client-key)"
                   : "what answers is not Loki: check --loki-url";
    }
    if (reply.status == 401) {
        return holds(body, "no org id")
                   ? "this Loki serves tenants: name yours with --tenant (LOKI_ORG_ID)"
                   : "check the credentials: --bearer-token-file, or --username and "
                     "--password-file";
    }
    if (reply.status == 400 && victoria_logs::is_wrong_path(body)) {
        return "VictoriaLogs takes pushes below /insert: end --loki-url with it, as in "
               "http://victoria-logs.example:9428/insert";
    }
    if (reply.status == 400 && victoria_logs::is_set_up_trouble(body)) {
        return "VictoriaLogs takes no pushes here (-insert.disable), or not for this tenant: "
               "AccountID or AccountID:ProjectID, both of them numbers";
    }
    if (reply.status == 400 && is_tenant_trouble(body)) {
        return "a tenant is up to 150 letters, digits and !-_.*'() : mend --tenant or LOKI_ORG_ID";
    }
    if (reply.status == 403) {
        return "these credentials may not push, or not query: check --tenant, and grant them write "
               "access to logs, and read access for the read-back";
    }
    if (reply.status >= 300 && reply.status < 400) {
        return "redirects are not followed, since credentials would be sent along: set --loki-url "
               "to where it leads, https:// perhaps";
    }
    if ((reply.status == 400 || reply.status == 413 || reply.status == 422) &&
        !is_lokis_own(body)) {
        return "this is no answer of Loki's: mend the gateway or proxy that stands before it, or "
               "check --loki-url";
    }
    if (is_stream_limit(reply)) {
        return "the tenant has as many streams as it may have: raise max_global_streams_per_user, "
               "or make fewer of them with --stream-labels";
    }
    if (reply.status == 200 || reply.status == 404) {
        return "what answers is not Loki's push API: --loki-url is the base address, without "
               "/loki/api/v1/push";
    }
    return {};
}

Outcome classify(const Reply& reply) {
    if (reply.transport != Reply::Transport::Answered) {
        return Outcome::Retry;
    }
    const long status = reply.status;
    if (status == 204) {
        return Outcome::Stored;
    }
    if (status == 400 || status == 422) {
        return is_lokis_own(reply.body) ? Outcome::Rejected : Outcome::Hold;
    }
    if (status == 413) {
        return Outcome::TooLarge;
    }
    if (status == 408 || status == 425 || status == 429 || status >= 500) {
        return Outcome::Retry;
    }
    return Outcome::Hold;
}

bool is_lokis_own(std::string_view body) {
    if (is_tenant_trouble(body) || is_web_page(body)) {
        return false;
    }
    return std::any_of(kPhrases.begin(), kPhrases.end() - 1,
                       [body](const auto& phrase) { return holds(body, phrase.first); }) ||
           std::ranges::any_of(kOtherPhrases,
                               [body](std::string_view phrase) { return holds(body, phrase); });
}

bool is_ambiguous(const Reply& reply) {
    return reply.transport == Reply::Transport::Ambiguous ||
           (reply.transport == Reply::Transport::Answered && reply.status >= 500);
}

bool depends_on_time(std::string_view reason) {
    return reason == "too_far_behind" || reason == "greater_than_max_sample_age" ||
           reason == "too_far_in_future";
}

std::string_view rejection_reason(std::string_view body) {
    const auto found = std::ranges::find_if(
        kPhrases, [body](const auto& phrase) { return holds(body, phrase.first); });
    return found == kPhrases.end() ? "other" : found->second;
}

std::string_view before_labels(std::string_view body) { return body.substr(0, body.find('{')); }

bool is_stream_limit(const Reply& reply) {
    return reply.transport == Reply::Transport::Answered && reply.status == 429 &&
           holds(before_labels(reply.body), "active stream limit exceeded");
}

bool refuses_metadata(const Reply& reply) {
    return reply.transport == Reply::Transport::Answered && reply.status == 400 &&
           holds(reply.body, "includes structured metadata, but this feature is disallowed");
}

std::string reply_text(const Reply& reply) {
    const std::string_view whole =
        reply.transport == Reply::Transport::Answered ? reply.body : reply.error;
    std::string text;
    base::append_valid_utf8(text, whole.substr(0, std::min<std::size_t>(whole.find('\n'), 200)));
    return text;
}

}  // namespace exporter
