// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/suggest/allow_rule.h"

namespace bridge::suggest {

/// So many siblings (paths that differ in one segment, hosts below one domain) become a wildcard.
inline constexpr std::size_t kWildcardFrom = 20;

/// Why a pattern matches more than what was asked for.
enum class Wider : std::uint8_t {
    No = 0,
    Many = 1,       ///< a wildcard stands for kWildcardFrom siblings and more
    Secret = 2,     ///< a part of the path or host is redacted
    NoPattern = 4,  ///< Boundary's rules cannot name a part of it
    AnyPath = 8,    ///< they have no pattern for the path / alone
};
using WiderFlags = std::uint8_t;

/// Requests that one pattern stands for.
struct Wanted {
    static constexpr std::size_t kMostCalls = 4;
    std::uint64_t requests = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> calls;  ///< tool call, its requests
    std::uint64_t other_calls = 0;  ///< requests of calls that are not named
    WiderFlags wider = 0;

    void add(std::uint32_t call, std::uint64_t count);
    void add(const Wanted& other);
};

/// Requests by path. A node with too many children keeps one that stands for all, so its size is
/// bounded however many paths there are.
class PathTree {
public:
    /// `segments` of a Target; `nodes` is told of each node that is made.
    void add(const std::vector<std::string>& segments, std::uint32_t call, std::size_t& nodes);
    void absorb(PathTree&& other);

    /// One pattern, as a rule has it ("/a/*"; "" = any path).
    struct Pattern {
        std::vector<std::string> segments;
        Wanted wanted;
    };
    /// One that matches more than was asked for may cover exact ones: who reads them may want these
    /// alone.
    [[nodiscard]] std::vector<Pattern> patterns() const;
    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    [[nodiscard]] std::size_t nodes() const;

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
        Wanted here;           ///< of requests that end here
        WiderFlags wider = 0;  ///< why this segment is a wildcard
        bool collapsed = false;
    };
    static void absorb(Node& into, Node& other);
    static void collapse(Node& node);
    static void collect(const Node& node, std::vector<std::string>& path, WiderFlags wider,
                        std::vector<Pattern>& out);
    static std::size_t count(const Node& node);
    static void sum(const Node& node, Wanted& all);

    Node root_;
    Wanted any_path_;  ///< of requests for the root
    std::uint64_t requests_ = 0;
};

/// What was denied, by host, method and path, in bounded memory. When there is too much of it, what
/// was asked for least is dropped, and counted.
class Denied {
public:
    static constexpr std::size_t kMostNodes = 60'000;
    static constexpr std::size_t kMostCalls = 20'000;

    /// Takes one request; `call` and `tool` may be empty.
    void add(std::string_view method, std::string_view http_url, std::string_view call,
             std::string_view tool);

    struct Host {
        std::map<std::string, PathTree> by_method;
        WiderFlags wider = 0;
    };
    /// By the domain's pattern.
    [[nodiscard]] const std::map<std::string, Host>& hosts() const { return hosts_; }
    struct Call {
        std::string id;
        std::string tool;
    };
    [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    /// What no rule can let through: why, and how often.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& impossible() const {
        return impossible_;
    }

private:
    [[nodiscard]] std::string domain_of(const std::string& host, WiderFlags& wider);
    void gather_siblings(const std::string& host);
    [[nodiscard]] std::uint32_t number_of(std::string_view call, std::string_view tool);
    void drop_rarest();

    std::map<std::string, Host> hosts_;
    std::map<std::string, std::vector<std::string>> below_;  ///< hosts by what they lie below
    std::unordered_map<std::string, std::uint32_t> call_numbers_;
    std::vector<Call> calls_;
    std::map<std::string, std::uint64_t> impossible_;
    std::uint64_t requests_ = 0;
    std::uint64_t dropped_ = 0;
    std::size_t nodes_ = 0;
};

}  // namespace bridge::suggest
