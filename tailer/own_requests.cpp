// SPDX-License-Identifier: MIT
#include "tailer/own_requests.h"

#include <algorithm>

#include "base/text.h"

namespace tailer {
namespace {

/// Scheme and host in lower case, the scheme's own port left out, no query.
std::string comparable(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) {
        return std::string(url);
    }
    const std::size_t path = std::min(url.find('/', colon + 3), url.size());
    std::string start = base::lower(url.substr(0, path));
    for (const auto& [scheme, port] :
         {std::pair("http://", ":80"), std::pair("https://", ":443")}) {
        if (start.starts_with(scheme) && start.ends_with(port)) {
            start.resize(start.size() - std::string_view(port).size());
        }
    }
    return start.append(url.substr(path));
}

}  // namespace

OwnRequests::OwnRequests(std::vector<Request> requests) : requests_(std::move(requests)) {
    for (Request& request : requests_) {
        request.url = comparable(request.url);
    }
}

bool OwnRequests::is_one(const Decision& decision) const {
    return !requests_.empty() && std::ranges::any_of(requests_, [&](const Request& request) {
        return decision.method == request.method && comparable(decision.url) == request.url;
    });
}

}  // namespace tailer
