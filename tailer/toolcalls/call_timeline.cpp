// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/call_timeline.h"

#include <algorithm>
#include <utility>

namespace tailer {

bool CallTimeline::is_before(const Interval& interval, const Limit& limit) {
    return interval.start_ns != limit.start_ns ? interval.start_ns < limit.start_ns
                                               : limit.any_id || interval.id < limit.id;
}

void CallTimeline::renew(Index at) {
    Node& node = nodes_[at];
    node.latest_end_ns = node.interval.end_ns;
    for (const Index child : {node.left, node.right}) {
        if (child != kNone) {
            node.latest_end_ns = std::max(node.latest_end_ns, nodes_[child].latest_end_ns);
        }
    }
}

CallTimeline::Halves CallTimeline::split(Index at, const Limit& limit) {
    if (at == kNone) {
        return {};
    }
    Node& node = nodes_[at];
    Halves halves;
    if (is_before(node.interval, limit)) {
        halves = split(node.right, limit);
        node.right = std::exchange(halves.before, at);
    } else {
        halves = split(node.left, limit);
        node.left = std::exchange(halves.from, at);
    }
    renew(at);
    return halves;
}

CallTimeline::Index CallTimeline::merge(Index left, Index right) {
    if (left == kNone || right == kNone) {
        return left == kNone ? right : left;
    }
    if (nodes_[left].priority > nodes_[right].priority) {
        nodes_[left].right = merge(nodes_[left].right, right);
        renew(left);
        return left;
    }
    nodes_[right].left = merge(left, nodes_[right].left);
    renew(right);
    return right;
}

void CallTimeline::insert(const Interval& interval, std::uint64_t priority) {
    Index at = static_cast<Index>(nodes_.size());
    if (free_.empty()) {
        nodes_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    nodes_[at] = {interval, interval.end_ns, priority, kNone, kNone};
    const Halves halves = split(root_, {interval.start_ns, interval.id, false});
    root_ = merge(merge(halves.before, at), halves.from);
}

CallTimeline::Index CallTimeline::without_first(Index at) {
    Node& node = nodes_[at];
    if (node.left == kNone) {
        free_.push_back(at);
        return node.right;
    }
    node.left = without_first(node.left);
    renew(at);
    return at;
}

void CallTimeline::erase(std::int64_t start_ns, std::string_view id) {
    Halves halves = split(root_, {start_ns, id, false});
    Index first = halves.from;
    while (first != kNone && nodes_[first].left != kNone) {
        first = nodes_[first].left;
    }
    if (first != kNone && nodes_[first].interval.start_ns == start_ns &&
        nodes_[first].interval.id == id) {
        halves.from = without_first(halves.from);
    }
    root_ = merge(halves.before, halves.from);
}

CallTimeline::Index CallTimeline::latest(Index at, const Limit& limit, std::int64_t open_ns) const {
    if (at == kNone || nodes_[at].latest_end_ns < open_ns) {
        return kNone;
    }
    const Node& node = nodes_[at];
    if (!is_before(node.interval, limit)) {
        return latest(node.left, limit, open_ns);
    }
    if (const Index found = latest(node.right, limit, open_ns); found != kNone) {
        return found;
    }
    return node.interval.end_ns >= open_ns ? at : latest(node.left, limit, open_ns);
}

CallTimeline::Open CallTimeline::open_at(std::int64_t begun_by_ns, std::int64_t open_ns) const {
    const Index last = latest(root_, {begun_by_ns, {}, true}, open_ns);
    if (last == kNone) {
        return {};
    }
    const Interval& found = nodes_[last].interval;
    return {&found, latest(root_, {found.start_ns, found.id, false}, open_ns) != kNone};
}

}  // namespace tailer
