// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/verify/keyed_hash.h"
#include "bridge/verify/line_fields.h"
#include "bridge/verify/verdict.h"
#include "tailer/records/url_normalizer.h"

namespace bridge::verify {

/// Holds coderd's own `boundary_request` lines against ours in the same server. coderd's name no
/// session and no number, so a request is known by workspace, verdict, method, URL and time: the
/// two were seen within a few milliseconds. Keeps 40 bytes a request.
class Reconciliation {
public:
    /// Requests whose event lies in [from_ns, until_ns) count. `policy` is that of our lines.
    Reconciliation(const KeyedHash& hash, tailer::QueryPolicy policy, std::int64_t from_ns,
                   std::int64_t until_ns)
        : hash_(hash), urls_(policy), from_ns_(from_ns), until_ns_(until_ns) {}

    /// Leaves out other owners' and workspaces' requests; empty = all of them count.
    void only(const std::string& owner, const std::string& workspace) {
        only_owner_ = owner;
        only_workspace_ = workspace;
    }
    /// A line of ours, or of coderd's: each kind is left out by the other.
    void take_ours(std::string_view line);
    void take_coderds(std::string_view line);

    /// By owner and workspace.
    [[nodiscard]] std::vector<WorkspaceVerdict> conclude();

private:
    struct Request {
        std::uint64_t key = 0;  ///< of workspace, verdict, method and URL
        std::int64_t event_ns = 0;
        std::uint64_t seq = 0;
        std::uint32_t workspace = 0;
        std::uint32_t session = 0;
    };
    struct Read {
        Request request;
        std::string session;  ///< empty = not ours
        bool counts = false;
    };
    enum class Pairing : std::uint8_t { Both, OnlyOurs, OnlyCoderds };
    void read(std::string_view line, Read& read);
    /// Whether two requests in front are one, or which of them has no counterpart: the next one of
    /// its side may be nearer.
    [[nodiscard]] Pairing pairing(std::size_t ours_at, std::size_t coderds_at) const;
    [[nodiscard]] std::vector<WorkspaceVerdict> blank_verdicts() const;
    static std::uint32_t number_of(std::map<std::string, std::uint32_t>& numbers,
                                   std::vector<std::string>& names, const std::string& name);

    KeyedHash hash_;
    tailer::UrlNormalizer urls_;
    std::int64_t from_ns_;
    std::int64_t until_ns_;
    std::string only_owner_;
    std::string only_workspace_;
    LineFields fields_;
    std::vector<Request> ours_;
    std::vector<Request> coderds_;
    std::map<std::string, std::uint32_t> workspace_numbers_;
    std::vector<std::string> workspaces_;  ///< owner, newline, workspace
    std::map<std::string, std::uint32_t> session_numbers_;
    std::vector<std::string> sessions_;
};

}  // namespace bridge::verify
