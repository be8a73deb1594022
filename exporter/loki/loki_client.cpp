// SPDX-License-Identifier: MIT
#include "exporter/loki/loki_client.h"

#include <algorithm>
#include <cstring>

#include <strings.h>

#include "exporter/loki/libcurl.h"
#include "exporter/loki/secret_file.h"
#include "exporter/loki/victoria_logs.h"

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{5'000};
/// Error texts are read up to here; Loki's can be some KiB.
constexpr std::size_t kErrorBodyBytes = 64U << 10U;
/// A page of entries read back; see facts of Loki's own 4 MiB message limit.
constexpr std::size_t kQueryBodyBytes = 16U << 20U;

using Text = std::unique_ptr<char, decltype(&::curl_free)>;

Reply unsent(std::string error) {
    Reply reply;
    reply.error = std::move(error);
    return reply;
}

Reply::Tls tls_trouble(CURLcode code) {
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
            return Reply::Tls::Untrusted;
        case CURLE_SSL_CONNECT_ERROR:
            return Reply::Tls::NoHandshake;
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
            return Reply::Tls::BadFile;
        default:
            return Reply::Tls::None;
    }
}

bool server_cannot_have_seen(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return true;
        default:
            return false;
    }
}

}  // namespace

/// The easy handle with what it points to.
struct LokiClient::Curl {
    explicit Curl(const Libcurl& library) : api(library) {}
    Curl(const Curl&) = delete;
    Curl& operator=(const Curl&) = delete;
    ~Curl() {
        api.slist_free_all(headers);
        api.easy_cleanup(easy);
    }
    template <typename Value>
    CURLcode set(CURLoption option, Value value) {
        return api.easy_setopt(easy, option, value);
    }

    static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self) {
        auto& curl = *static_cast<Curl*>(self);
        curl.body.append(data, std::min(size, curl.body_limit - curl.body.size()));
        return size;  // what is over the cap is read and dropped, so the connection stays usable
    }
    static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self) {
        constexpr std::string_view kDate = "date:";
        if (size > kDate.size() && ::strncasecmp(data, kDate.data(), kDate.size()) == 0) {
            const std::string date(data + kDate.size(), size - kDate.size());
            auto& curl = *static_cast<Curl*>(self);
            if (const auto time = curl.api.getdate(date.c_str(), nullptr); time > 0) {
                curl.server_time = time;
            }
        }
        return size;
    }
    static std::size_t give_request(char* into, std::size_t, std::size_t room, void* self) {
        auto& request = static_cast<Curl*>(self)->request;
        const std::size_t size = request.copy(into, room);
        request.remove_prefix(size);
        return size;
    }
    /// libcurl would send a request again by itself when a connection that it used before breaks,
    /// though the server may have taken it. Whoever knows what to do then is not here: no
    /// rewinding.
    static int refuse_rewind(void*, curl_off_t, int) { return CURL_SEEKFUNC_FAIL; }
    static int progress(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return *static_cast<std::atomic<bool>*>(flag) ? 1 : 0;
    }

    const Libcurl& api;
    CURL* easy = api.easy_init();
    ::curl_slist* headers = nullptr;
    std::string_view request;  ///< what is left to send
    std::string body;
    std::size_t body_limit = 0;
    std::optional<std::int64_t> server_time;
    char error[CURL_ERROR_SIZE] = {};
};

base::Result<std::unique_ptr<LokiClient>> LokiClient::create(LokiSettings settings) {
    settings.url = without_end_slashes(std::move(settings.url));
    if (const auto checked = check_loki_headers(settings); !checked) {
        return tl::unexpected(checked.error());
    }
    return std::unique_ptr<LokiClient>(new LokiClient(std::move(settings)));
}

LokiClient::LokiClient(LokiSettings settings)
    : settings_(std::move(settings)),
      victoria_logs_(victoria_logs::is_address(settings_.url)),
      curl_(std::make_unique<Curl>(*libcurl())) {
    if (victoria_logs_) {
        tenant_headers_ = victoria_logs::tenant_headers(settings_.tenant).value_or(tenant_headers_);
    } else if (!settings_.tenant.empty()) {
        tenant_headers_ = {"X-Scope-OrgID: " + settings_.tenant};
    }
}

LokiClient::~LokiClient() = default;

base::Result<std::string> LokiClient::bearer_token() const {
    return settings_.bearer_token_file.empty() ? settings_.bearer_token
                                               : read_secret(settings_.bearer_token_file);
}

base::Result<std::string> LokiClient::password() const {
    return settings_.password_file.empty() ? settings_.password
                                           : read_secret(settings_.password_file);
}

/// As they stand in an Authorization header.
std::string LokiClient::basic_credentials(const std::string& password) const {
    if (settings_.username.empty()) {
        return {};
    }
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::string plain = settings_.username + ":" + password;
    std::string encoded;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : plain) {
        bits = bits << 8U | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6) {
            encoded += kDigits[bits >> static_cast<unsigned>(held - 6) & 0x3FU];
        }
    }
    if (held > 0) {
        encoded += kDigits[bits << static_cast<unsigned>(6 - held) & 0x3FU];
    }
    return encoded;  // padding is no secret
}

base::Result<void> LokiClient::prepare(const std::string& url, Purpose purpose) {
    const auto token = bearer_token();
    if (!token) {
        return tl::unexpected(token.error());
    }
    const auto secret_word = password();
    if (!secret_word) {
        return tl::unexpected(secret_word.error());
    }
    secrets_.clear();
    for (const std::string& secret : {*token, *secret_word, basic_credentials(*secret_word)}) {
        if (secret.size() >= 4) {  // a shorter one would leave no text to read
            secrets_.push_back(secret);
        }
    }
    curl_->api.easy_reset(curl_->easy);  // keeps the connection
    set_headers(purpose, *token);
    set_credentials(*secret_word);
    set_transfer(url);
    if (curl_->set(CURLOPT_XFERINFODATA, &aborted_) != CURLE_OK) {
        return base::failure("cannot set up a request");
    }
    return {};
}

void LokiClient::set_headers(Purpose purpose, const std::string& token) {
    curl_->api.slist_free_all(curl_->headers);
    curl_->headers = nullptr;
    const auto header = [this](const std::string& text) {
        curl_->headers = curl_->api.slist_append(curl_->headers, text.c_str());
    };
    if (purpose == Purpose::Push) {
        header("Content-Type: application/x-protobuf");
        header("Expect:");
        if (victoria_logs_) {
            header(victoria_logs::kKeepLine);
        }
    } else {
        // A Loki with a cache remembers that there was nothing, also of what was pushed since.
        header("Cache-Control: no-cache");
    }
    std::ranges::for_each(tenant_headers_, header);
    if (!token.empty()) {
        header("Authorization: Bearer " + token);
    }
    curl_->set(CURLOPT_HTTPHEADER, curl_->headers);
}

void LokiClient::set_credentials(const std::string& password) {
    if (!settings_.username.empty()) {
        curl_->set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        curl_->set(CURLOPT_USERNAME, settings_.username.c_str());
        curl_->set(CURLOPT_PASSWORD, password.c_str());
    }
    const auto path = [this](CURLoption option, const std::string& value) {
        if (!value.empty()) {
            curl_->set(option, value.c_str());
        }
    };
    path(CURLOPT_CAINFO, settings_.ca_cert);
    path(CURLOPT_SSLCERT, settings_.client_cert);
    path(CURLOPT_SSLKEY, settings_.client_key);
}

void LokiClient::set_transfer(const std::string& url) {
    if (!settings_.user_agent.empty()) {
        curl_->set(CURLOPT_USERAGENT, settings_.user_agent.c_str());
    }
    curl_->set(CURLOPT_FRESH_CONNECT, fresh_.exchange(false) ? 1L : 0L);
    curl_->set(CURLOPT_URL, url.c_str());
    curl_->set(CURLOPT_PROTOCOLS_STR, "http,https");
    curl_->set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_->set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_->set(CURLOPT_FOLLOWLOCATION, 0L);
    curl_->set(CURLOPT_NOSIGNAL, 1L);
    // A name server that does not answer would hold up the end of an aborted request.
    curl_->set(CURLOPT_QUICK_EXIT, 1L);
    curl_->set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
    curl_->set(CURLOPT_WRITEFUNCTION, &Curl::take_body);
    curl_->set(CURLOPT_WRITEDATA, curl_.get());
    curl_->set(CURLOPT_HEADERFUNCTION, &Curl::take_header);
    curl_->set(CURLOPT_HEADERDATA, curl_.get());
    curl_->set(CURLOPT_ERRORBUFFER, &curl_->error[0]);
    curl_->set(CURLOPT_NOPROGRESS, 0L);
    curl_->set(CURLOPT_XFERINFOFUNCTION, &Curl::progress);
}

/// A proxy may show in its error what it was sent, and errors go to the log and the dead letters.
std::string LokiClient::withheld(std::string text) const {
    for (const std::string& secret : secrets_) {
        for (std::size_t at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at)) {
            text.replace(at, secret.size(), "REDACTED");
        }
    }
    return text;
}

Reply LokiClient::perform(std::chrono::milliseconds timeout, std::size_t body_limit) {
    Reply reply;
    if (aborted_) {
        reply.error = "shutting down";
        return reply;
    }
    curl_->body.clear();
    curl_->server_time.reset();
    curl_->body_limit = body_limit;
    std::memset(&curl_->error[0], 0, sizeof curl_->error);
    curl_->set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    const CURLcode code = curl_->api.easy_perform(curl_->easy);
    if (code == CURLE_OK) {
        reply.transport = Reply::Transport::Answered;
        curl_->api.easy_getinfo(curl_->easy, CURLINFO_RESPONSE_CODE, &reply.status);
        const bool good = reply.status >= 200 && reply.status < 300;
        reply.body = good ? std::move(curl_->body) : withheld(std::move(curl_->body));
        reply.server_time = curl_->server_time;
        reply.stores_repeats =
            victoria_logs_ || (!good && victoria_logs::is_wrong_path(reply.body));
        return reply;
    }
    // What was refused while connecting cannot have reached the server.
    curl_off_t connected = 0;
    curl_->api.easy_getinfo(curl_->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    reply.transport = server_cannot_have_seen(code) || connected == 0 ? Reply::Transport::NotSent
                                                                      : Reply::Transport::Ambiguous;
    reply.tls = tls_trouble(code);
    reply.error = curl_->error[0] != '\0' ? &curl_->error[0] : curl_->api.easy_strerror(code);
    return reply;
}

Reply LokiClient::push(std::string_view body, std::chrono::milliseconds timeout) {
    if (const auto ready = prepare(settings_.url + "/loki/api/v1/push", Purpose::Push); !ready) {
        return unsent(ready.error().message);
    }
    curl_->request = body;
    curl_->set(CURLOPT_POST, 1L);
    curl_->set(CURLOPT_READFUNCTION, &Curl::give_request);
    curl_->set(CURLOPT_READDATA, curl_.get());
    curl_->set(CURLOPT_SEEKFUNCTION, &Curl::refuse_rewind);
    curl_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    return perform(timeout, kErrorBodyBytes);
}

Reply LokiClient::query_range(std::string_view query, std::int64_t start_ns, std::int64_t end_ns,
                              std::size_t limit, std::chrono::milliseconds timeout) {
    if (victoria_logs_) {
        Reply reply = get_from(
            victoria_logs::query_address(settings_.url),
            {{"query", victoria_logs::rows_query(query, start_ns, end_ns, limit)}}, timeout);
        if (reply.transport == Reply::Transport::Answered && reply.status == 200) {
            reply.body = victoria_logs::as_loki_answer(reply.body).value_or("");
        }
        return reply;
    }
    return get("/loki/api/v1/query_range",
               {{"query", std::string(query)},
                {"start", std::to_string(start_ns)},
                {"end", std::to_string(end_ns)},
                {"limit", std::to_string(limit)},
                {"direction", "forward"}},
               timeout);
}

Reply LokiClient::get(std::string_view path, const Parameters& parameters,
                      std::chrono::milliseconds timeout) {
    return get_from(settings_.url + std::string(path), parameters, timeout);
}

std::chrono::milliseconds LokiClient::shows_after() const {
    return victoria_logs_ ? victoria_logs::kShowsAfter : std::chrono::milliseconds{};
}

Reply LokiClient::get_from(std::string url, const Parameters& parameters,
                           std::chrono::milliseconds timeout) {
    char separator = '?';
    for (const auto& [name, value] : parameters) {
        const Text escaped(
            curl_->api.easy_escape(curl_->easy, value.data(), static_cast<int>(value.size())),
            curl_->api.free);
        url.append(1, separator).append(name).append("=").append(escaped ? escaped.get() : "");
        separator = '&';
    }
    if (const auto ready = prepare(url, Purpose::Query); !ready) {
        return unsent(ready.error().message);
    }
    return perform(timeout, kQueryBodyBytes);
}

}  // namespace exporter
