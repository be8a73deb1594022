// SPDX-License-Identifier: MIT
#include <algorithm>

#include "bridge/suggest/denied.h"
#include "tailer/records/url_redaction.h"

namespace bridge::suggest {
namespace {

constexpr std::string_view kAny = "*";

/// Why the segment cannot stand in a pattern as it is.
WiderFlags trouble_with(std::string_view segment) {
    if (segment.find(tailer::kRedacted) != std::string_view::npos) {
        return static_cast<WiderFlags>(Wider::Secret);
    }
    return static_cast<WiderFlags>(is_segment_pattern(segment) ? Wider::No : Wider::NoPattern);
}

}  // namespace

void Wanted::add(std::uint32_t call, std::uint64_t count) {
    requests += count;
    const auto at = std::ranges::find(calls, call, &std::pair<std::uint32_t, std::uint64_t>::first);
    if (at != calls.end()) {
        at->second += count;
    } else if (calls.size() < kMostCalls) {
        calls.emplace_back(call, count);
    } else {
        other_calls += count;
    }
}

void Wanted::add(const Wanted& other) {
    const std::uint64_t sum = requests + other.requests;
    for (const auto& [call, count] : other.calls) {
        add(call, count);
    }
    other_calls += other.other_calls;
    requests = sum;
    wider |= other.wider;
}

void PathTree::add(const std::vector<std::string>& segments, std::uint32_t call,
                   std::size_t& nodes) {
    ++requests_;
    if (segments.empty() || (segments.size() == 1 && segments.front().empty())) {
        any_path_.add(call, 1);
        any_path_.wider |= static_cast<WiderFlags>(Wider::AnyPath);
        return;
    }
    Node* node = &root_;
    for (const auto& segment : segments) {
        const WiderFlags trouble = trouble_with(segment);
        const std::string_view name =
            node->collapsed || trouble != 0 ? kAny : std::string_view(segment);
        auto at = node->children.find(name);
        if (at == node->children.end()) {
            if (name != kAny && node->children.size() >= kWildcardFrom - 1) {
                const std::size_t before = count(*node);
                collapse(*node);
                nodes -= before - count(*node);
                at = node->children.find(kAny);
            } else {
                at = node->children.emplace(name, std::make_unique<Node>()).first;
                ++nodes;
            }
        }
        node = at->second.get();
        node->wider |= trouble;
    }
    node->here.add(call, 1);
}

void PathTree::absorb(Node& into, Node& other) {
    into.here.add(other.here);
    into.wider |= other.wider;
    if (other.collapsed) {
        collapse(into);
    }
    for (auto& [name, child] : other.children) {
        const std::string_view as = into.collapsed ? kAny : std::string_view(name);
        const auto at = into.children.find(as);
        if (at == into.children.end()) {
            into.children.emplace(as, std::move(child));
        } else {
            absorb(*at->second, *child);
        }
    }
    if (!into.collapsed && into.children.size() >= kWildcardFrom) {
        collapse(into);
    }
}

/// Makes one child of all.
void PathTree::collapse(Node& node) {
    if (node.collapsed) {
        return;
    }
    node.collapsed = true;
    auto children = std::move(node.children);
    node.children.clear();
    auto any = std::make_unique<Node>();
    for (auto& [name, child] : children) {
        absorb(*any, *child);
    }
    any->wider |= static_cast<WiderFlags>(Wider::Many);
    node.children.emplace(kAny, std::move(any));
}

void PathTree::absorb(PathTree&& other) {
    requests_ += other.requests_;
    any_path_.add(other.any_path_);
    absorb(root_, other.root_);
}

std::size_t PathTree::count(const Node& node) {
    std::size_t all = 1;
    for (const auto& [name, child] : node.children) {
        all += count(*child);
    }
    return all;
}

std::size_t PathTree::nodes() const { return count(root_); }

void PathTree::sum(const Node& node, Wanted& all) {
    all.add(node.here);
    for (const auto& [name, child] : node.children) {
        sum(*child, all);
    }
}

void PathTree::collect(const Node& node, std::vector<std::string>& path, WiderFlags wider,
                       std::vector<Pattern>& out) {
    wider |= node.wider;
    if (node.here.requests > 0) {
        out.push_back({path, node.here});
        out.back().wanted.wider = wider;
    }
    for (const auto& [name, child] : node.children) {
        path.push_back(name);
        if (name == kAny && child->here.requests > 0) {
            // At the end of a pattern it stands for all that is below, too.
            out.push_back({path, {}});
            sum(*child, out.back().wanted);
            out.back().wanted.wider = wider | child->wider;
        } else {
            collect(*child, path, wider, out);
        }
        path.pop_back();
    }
}

std::vector<PathTree::Pattern> PathTree::patterns() const {
    std::vector<Pattern> found;
    if (any_path_.requests > 0) {
        found.push_back({{}, any_path_});
    }
    std::vector<std::string> path;
    collect(root_, path, 0, found);
    return found;
}

}  // namespace bridge::suggest
