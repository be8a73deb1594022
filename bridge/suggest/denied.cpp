// SPDX-License-Identifier: MIT
#include "bridge/suggest/denied.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "tailer/records/url_redaction.h"

namespace bridge::suggest {
namespace {

constexpr std::size_t kMostReasons = 20;

/// Below these, names belong to many owners: a wildcard there would let strangers in.
constexpr std::array<std::string_view, 24> kShared = {
    "amazonaws.com",  "appspot.com",    "azureedge.net",    "azurewebsites.net", "blogspot.com",
    "cloudapp.net",   "cloudfront.net", "core.windows.net", "fastly.net",        "firebaseapp.com",
    "fly.dev",        "github.io",      "gitlab.io",        "googleapis.com",    "herokuapp.com",
    "netlify.app",    "ngrok.io",       "ngrok-free.app",   "onrender.com",      "pages.dev",
    "readthedocs.io", "vercel.app",     "web.app",          "workers.dev"};

std::vector<std::string_view> labels_of(std::string_view host) {
    std::vector<std::string_view> labels;
    for (;;) {
        const std::size_t dot = host.find('.');
        labels.push_back(host.substr(0, dot));
        if (dot == std::string_view::npos) {
            return labels;
        }
        host.remove_prefix(dot + 1);
    }
}

/// Whether all below it may be taken to belong together.
bool is_one_owners(std::string_view parent) {
    const auto labels = labels_of(parent);
    if (labels.size() < 2 ||
        std::ranges::all_of(labels.back(), [](char c) { return base::is_digit(c); })) {
        return false;
    }
    const bool registry = labels.size() == 2 && labels[1].size() == 2 && labels[0].size() <= 3;
    return !registry && std::ranges::none_of(kShared, [parent](std::string_view shared) {
        return parent == shared ||
               (parent.ends_with(shared) && parent[parent.size() - shared.size() - 1] == '.');
    });
}

std::string parent_of(const std::string& host) {
    const std::size_t dot = host.find('.');
    return dot == std::string::npos ? "" : host.substr(dot + 1);
}

}  // namespace

std::uint32_t Denied::number_of(std::string_view call, std::string_view tool) {
    if (call.empty()) {
        return UINT32_MAX;
    }
    const std::string id(call);
    if (const auto known = call_numbers_.find(id); known != call_numbers_.end()) {
        return known->second;
    }
    if (calls_.size() == kMostCalls) {
        return UINT32_MAX - 1;
    }
    const auto number = static_cast<std::uint32_t>(calls_.size());
    calls_.push_back({id, std::string(tool)});
    call_numbers_.emplace(id, number);
    return number;
}

/// The pattern for a host: itself, a wildcard over its siblings, or over what no pattern can name.
/// Empty when there is none.
std::string Denied::domain_of(const std::string& host, WiderFlags& wider) {
    for (std::string parent = parent_of(host); !parent.empty(); parent = parent_of(parent)) {
        if (hosts_.contains("*." + parent)) {
            return "*." + parent;
        }
    }
    std::string pattern;
    const auto labels = labels_of(host);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const bool secret = labels[i].find(tailer::kRedacted) != std::string_view::npos;
        const bool named = !secret && is_label_pattern(labels[i]);
        if (!named && (i > 0 || !is_one_owners(parent_of(host)))) {
            return {};
        }
        wider |= static_cast<WiderFlags>(named    ? Wider::No
                                         : secret ? Wider::Secret
                                                  : Wider::NoPattern);
        pattern.append(i == 0 ? "" : ".").append(named ? labels[i] : "*");
    }
    return pattern;
}

void Denied::gather_siblings(const std::string& host) {
    const std::string parent = parent_of(host);
    if (host.starts_with("*.") || !is_one_owners(parent)) {
        return;
    }
    auto& siblings = below_[parent];
    siblings.push_back(host);
    if (siblings.size() < kWildcardFrom) {
        return;
    }
    Host& all = hosts_["*." + parent];
    all.wider |= static_cast<WiderFlags>(Wider::Many);
    for (const auto& sibling : siblings) {
        const auto found = hosts_.find(sibling);
        if (found == hosts_.end()) {
            continue;
        }
        for (auto& [method, tree] : found->second.by_method) {
            const auto [into, is_new] = all.by_method.try_emplace(method);
            nodes_ -= tree.nodes() + (is_new ? 0 : into->second.nodes());
            into->second.absorb(std::move(tree));
            nodes_ += into->second.nodes();
        }
        hosts_.erase(found);
    }
    below_.erase(parent);
}

void Denied::add(std::string_view method, std::string_view http_url, std::string_view call,
                 std::string_view tool) {
    ++requests_;
    const auto refuse = [this](const std::string& why) {
        if (impossible_.contains(why) || impossible_.size() < kMostReasons) {
            ++impossible_[why];
        } else {
            ++impossible_["other reasons"];
        }
    };
    const auto target = target_of(http_url);
    if (!target) {
        refuse(target.error().message);
        return;
    }
    if (!is_method_pattern(method) || method.find(tailer::kRedacted) != std::string_view::npos) {
        refuse("no rule can name the method");
        return;
    }
    WiderFlags wider = 0;
    const std::string domain = domain_of(target->host, wider);
    if (domain.empty()) {
        refuse(target->host.find(':') != std::string::npos ? "no rule can name an IPv6 address"
               : target->host.empty()                      ? "the request names no host"
               : target->host.find(tailer::kRedacted) != std::string::npos
                   ? "a secret stands in the host's name"
                   : "no rule can name the host alone");
        return;
    }
    auto [host, is_new_host] = hosts_.try_emplace(domain);
    host->second.wider |= wider;
    auto [tree, is_new_tree] = host->second.by_method.try_emplace(std::string(method));
    nodes_ += is_new_tree ? 1 : 0;
    tree->second.add(target->segments, number_of(call, tool), nodes_);
    if (is_new_host) {
        gather_siblings(domain);
    }
    if (nodes_ > kMostNodes) {
        drop_rarest();
    }
}

/// Until half of the room is free.
void Denied::drop_rarest() {
    struct Candidate {
        std::uint64_t requests;
        std::size_t nodes;
        std::string host;
        std::string method;
    };
    std::vector<Candidate> all;
    for (const auto& [name, host] : hosts_) {
        for (const auto& [method, tree] : host.by_method) {
            all.push_back({tree.requests(), tree.nodes(), name, method});
        }
    }
    std::ranges::sort(all, {}, &Candidate::requests);
    for (const auto& each : all) {
        if (nodes_ <= kMostNodes / 2) {
            break;
        }
        const auto host = hosts_.find(each.host);
        host->second.by_method.erase(each.method);
        nodes_ -= each.nodes;
        dropped_ += each.requests;
        if (host->second.by_method.empty()) {
            hosts_.erase(host);
        }
    }
    below_.clear();
}

}  // namespace bridge::suggest
