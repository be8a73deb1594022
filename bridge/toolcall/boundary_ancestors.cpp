// SPDX-License-Identifier: MIT
#include "bridge/toolcall/boundary_ancestors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/durable_file.h"

namespace bridge {
namespace {

/// Nobody nests deeper, and a table of processes that changes under us cannot hold us.
constexpr int kMostAncestors = 64;

struct ProcessStat {
    std::string name;
    std::int64_t parent = 0;
};

/// /proc/PID/stat: `PID (NAME) STATE PPID ...`; the name may hold anything, `)` too (proc(5)).
std::optional<ProcessStat> stat_of(std::int64_t pid, const std::string& proc) {
    const std::string text =
        base::read_whole(proc + "/" + std::to_string(pid) + "/stat").value_or("");
    const std::size_t begin = text.find('(');
    const std::size_t end = text.rfind(')');
    constexpr std::size_t kToParent = 4;  // ") S "
    if (begin == std::string::npos || end == std::string::npos || end < begin ||
        end + kToParent >= text.size()) {
        return std::nullopt;
    }
    ProcessStat stat;
    stat.name = text.substr(begin + 1, end - begin - 1);
    const char* from = text.data() + end + kToParent;
    const auto [rest, code] = std::from_chars(from, text.data() + text.size(), stat.parent);
    return code == std::errc{} ? std::optional(std::move(stat)) : std::nullopt;
}

/// By its own name, or as the subcommand of coder's binary or of a copy of it without capabilities.
bool is_boundary(const ProcessStat& stat, std::int64_t pid, const std::string& proc) {
    if (stat.name.starts_with("boundary") && !stat.name.starts_with("boundary-loki")) {
        return true;
    }
    if (stat.name == "agent-firewall") {
        return true;
    }
    if (!stat.name.starts_with("coder")) {
        return false;
    }
    const std::string arguments =
        base::read_whole(proc + "/" + std::to_string(pid) + "/cmdline").value_or("");
    const std::size_t first = arguments.find('\0') + 1;
    const std::string_view subcommand = std::string_view(arguments).substr(
        std::min(first, arguments.size()), arguments.find('\0', first) - first);
    return subcommand == "boundary" || subcommand == "agent-firewall";
}

}  // namespace

BoundaryAncestors boundary_ancestors(std::int64_t pid, const std::string& proc) {
    BoundaryAncestors found;
    auto stat = stat_of(pid, proc);
    std::string confined;
    for (int i = 0; i < kMostAncestors && stat && stat->parent > 1; ++i) {
        const std::int64_t parent = stat->parent;
        if (!stat->name.starts_with("boundary-loki")) {  // the inner side of a tool call
            confined = stat->name;
        }
        auto above = stat_of(parent, proc);
        if (above && is_boundary(*above, parent, proc)) {
            if (found.pids.empty()) {
                found.confined_process = confined.empty() ? stat->name : confined;
            }
            found.pids.push_back(parent);
        }
        stat = std::move(above);
    }
    return found;
}

}  // namespace bridge
