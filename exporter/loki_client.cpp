// SPDX-License-Identifier: MIT
#include "exporter/loki_client.h"

#include <cstring>
#include <fstream>
#include <mutex>

#include <curl/curl.h>
#include <strings.h>

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{5'000};
/// Error texts are read up to here; Loki's can be some KiB.
constexpr std::size_t kErrorBodyBytes = 64U << 10U;
/// A page of entries read back; see facts of Loki's own 4 MiB message limit.
constexpr std::size_t kQueryBodyBytes = 16U << 20U;

struct FreeUrl {
    void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
struct FreeText {
    void operator()(char* text) const { ::curl_free(text); }
};

std::string url_part(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (::curl_url_get(url, part, &text, 0) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, FreeText> owner(text);
    return text;
}

/// curl_global_init must have run once before any handle; it is not to be undone while any lives.
void init_curl_once() {
    static std::once_flag once;
    std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
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

base::Result<void> check_loki_url(const std::string& address) {
    const std::unique_ptr<CURLU, FreeUrl> url(::curl_url());
    const CURLUcode code = ::curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0);
    const std::string scheme = code == CURLUE_OK ? url_part(url.get(), CURLUPART_SCHEME) : "";
    if (code != CURLUE_OK || (scheme != "http" && scheme != "https")) {
        return base::failure("not a URL of the form http(s)://host[:port][/path]");
    }
    if (!url_part(url.get(), CURLUPART_USER).empty() ||
        !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
        return base::failure(
            "the URL carries credentials; use --username and --password-file instead");
    }
    if (!url_part(url.get(), CURLUPART_QUERY).empty() ||
        !url_part(url.get(), CURLUPART_FRAGMENT).empty()) {
        return base::failure("the URL has a query or fragment; give the base address alone");
    }
    return {};
}

/// The easy handle with what it points to.
struct LokiClient::Curl {
    Curl() = default;
    Curl(const Curl&) = delete;
    Curl& operator=(const Curl&) = delete;
    ~Curl() {
        ::curl_slist_free_all(headers);
        ::curl_easy_cleanup(easy);
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
            if (const auto time = ::curl_getdate(date.c_str(), nullptr); time > 0) {
                static_cast<Curl*>(self)->server_time = time;
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

    CURL* easy = ::curl_easy_init();
    ::curl_slist* headers = nullptr;
    std::string_view request;  ///< what is left to send
    std::string body;
    std::size_t body_limit = 0;
    std::optional<std::int64_t> server_time;
    char error[CURL_ERROR_SIZE] = {};
};

base::Result<std::unique_ptr<LokiClient>> LokiClient::create(LokiSettings settings) {
    init_curl_once();
    while (settings.url.ends_with('/')) {
        settings.url.pop_back();
    }
    if (const auto checked = check_loki_url(settings.url); !checked) {
        return tl::unexpected(checked.error());
    }
    return std::unique_ptr<LokiClient>(new LokiClient(std::move(settings)));
}

LokiClient::LokiClient(LokiSettings settings)
    : settings_(std::move(settings)), curl_(std::make_unique<Curl>()) {}

LokiClient::~LokiClient() = default;

std::string LokiClient::bearer_token() {
    if (settings_.bearer_token_file.empty()) {
        return settings_.bearer_token;
    }
    std::ifstream file(settings_.bearer_token_file);
    std::string token;
    std::getline(file, token);
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) {
        token.pop_back();
    }
    return token;
}

bool LokiClient::prepare(const std::string& url, bool push) {
    CURL* easy = curl_->easy;
    ::curl_easy_reset(easy);  // keeps the connection
    ::curl_slist_free_all(curl_->headers);
    curl_->headers = nullptr;
    const auto header = [this](const std::string& text) {
        curl_->headers = ::curl_slist_append(curl_->headers, text.c_str());
    };
    if (push) {
        header("Content-Type: application/x-protobuf");
        header("Expect:");
    }
    if (!settings_.tenant.empty()) {
        header("X-Scope-OrgID: " + settings_.tenant);
    }
    if (const std::string token = bearer_token(); !token.empty()) {
        header("Authorization: Bearer " + token);
    }
    if (!settings_.username.empty()) {
        ::curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        ::curl_easy_setopt(easy, CURLOPT_USERNAME, settings_.username.c_str());
        ::curl_easy_setopt(easy, CURLOPT_PASSWORD, settings_.password.c_str());
    }
    const auto path = [easy](CURLoption option, const std::string& value) {
        if (!value.empty()) {
            ::curl_easy_setopt(easy, option, value.c_str());
        }
    };
    path(CURLOPT_CAINFO, settings_.ca_cert);
    path(CURLOPT_SSLCERT, settings_.client_cert);
    path(CURLOPT_SSLKEY, settings_.client_key);
    path(CURLOPT_USERAGENT, settings_.user_agent);
    ::curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    ::curl_easy_setopt(easy, CURLOPT_HTTPHEADER, curl_->headers);
    ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    ::curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    ::curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    ::curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
    ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Curl::take_body);
    ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, curl_.get());
    ::curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Curl::take_header);
    ::curl_easy_setopt(easy, CURLOPT_HEADERDATA, curl_.get());
    ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, &curl_->error[0]);
    ::curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    ::curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Curl::progress);
    return ::curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &aborted_) == CURLE_OK;
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
    ::curl_easy_setopt(curl_->easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    const CURLcode code = ::curl_easy_perform(curl_->easy);
    if (code == CURLE_OK) {
        reply.transport = Reply::Transport::Answered;
        ::curl_easy_getinfo(curl_->easy, CURLINFO_RESPONSE_CODE, &reply.status);
        reply.body = std::move(curl_->body);
        reply.server_time = curl_->server_time;
        return reply;
    }
    // What was refused while connecting cannot have reached the server.
    curl_off_t connected = 0;
    ::curl_easy_getinfo(curl_->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    reply.transport = server_cannot_have_seen(code) || connected == 0 ? Reply::Transport::NotSent
                                                                      : Reply::Transport::Ambiguous;
    reply.error = curl_->error[0] != '\0' ? &curl_->error[0] : ::curl_easy_strerror(code);
    return reply;
}

Reply LokiClient::push(std::string_view body, std::chrono::milliseconds timeout) {
    if (!prepare(settings_.url + "/loki/api/v1/push", true)) {
        return {};
    }
    curl_->request = body;
    ::curl_easy_setopt(curl_->easy, CURLOPT_POST, 1L);
    ::curl_easy_setopt(curl_->easy, CURLOPT_READFUNCTION, &Curl::give_request);
    ::curl_easy_setopt(curl_->easy, CURLOPT_READDATA, curl_.get());
    ::curl_easy_setopt(curl_->easy, CURLOPT_SEEKFUNCTION, &Curl::refuse_rewind);
    ::curl_easy_setopt(curl_->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(body.size()));
    return perform(timeout, kErrorBodyBytes);
}

Reply LokiClient::query_range(std::string_view query, std::int64_t start_ns, std::int64_t end_ns,
                              std::size_t limit, std::chrono::milliseconds timeout) {
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
    std::string url = settings_.url + std::string(path);
    char separator = '?';
    for (const auto& [name, value] : parameters) {
        const std::unique_ptr<char, FreeText> escaped(
            ::curl_easy_escape(curl_->easy, value.data(), static_cast<int>(value.size())));
        url.append(1, separator).append(name).append("=").append(escaped ? escaped.get() : "");
        separator = '&';
    }
    if (!prepare(url, false)) {
        return {};
    }
    return perform(timeout, kQueryBodyBytes);
}

}  // namespace exporter
