// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/durable_file.h"
#include "base/text.h"
#include "bridge/settings/readers.h"
#include "exporter/loki/stream_labels.h"

namespace bridge {
namespace {

// Loki's own defaults (pkg/validation/limits.go): max_label_names_per_series,
// max_label_name_length, max_label_value_length.
constexpr std::size_t kMaxLabels = 15;
constexpr std::size_t kMaxLabelName = 1024;
constexpr std::size_t kMaxLabelValue = 2048;
/// Each may have a stream for allowed and one for denied requests, and one for each late hour.
constexpr std::size_t kMostTools = 64;

constexpr std::string_view kNamespaceFile =
    "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

using base::Result;

tailer::WorkspaceIdentity identity(const SettingSources& sources) {
    tailer::WorkspaceIdentity who;
    who.owner = sources.text("owner");
    who.workspace_name = sources.text("workspace");
    who.workspace_id = sources.text("workspace-id");
    who.agent_name = sources.text("agent");
    who.template_name = sources.text("template");
    who.template_id = sources.text("template-id");
    who.template_version_id = sources.text("template-version-id");
    who.kubernetes_namespace = sources.text("namespace");
    if (who.kubernetes_namespace.empty()) {
        const auto file = base::read_whole(std::string(kNamespaceFile));
        who.kubernetes_namespace = base::trim(file.value_or(""));
    }
    return who;
}

bool is_ours(std::string_view label) {
    return std::ranges::find(tailer::kStreamLabelNames, label) != tailer::kStreamLabelNames.end();
}

Result<void> read_extra_labels(const SettingSources& sources, base::Labels& labels) {
    const auto given = sources.find("label");
    if (!given) {
        return {};
    }
    for (const auto& pair : given->parts(',')) {
        const std::size_t equals = pair.find('=');
        const std::string name = pair.substr(0, equals);
        if (equals == std::string::npos || equals + 1 == pair.size()) {
            return given->bad(pair, "want name=value");
        }
        if (!exporter::is_label_name(name) || name.starts_with("__")) {
            return given->bad(pair,
                              "a label's name is [a-zA-Z_][a-zA-Z0-9_]*, and names that begin "
                              "with __ are Loki's own");
        }
        if (is_ours(name) || name == "late") {
            return given->bad(pair, "this label is set by boundary-loki itself");
        }
        if (std::ranges::find(labels, name, &base::Label::first) != labels.end()) {
            return given->bad(pair, "this label is given twice");
        }
        labels.emplace_back(name, pair.substr(equals + 1));
    }
    return {};
}

Result<void> read_stream_labels(const SettingSources& sources, std::vector<std::string>& labels) {
    const auto given = sources.find("stream-labels");
    if (!given) {
        return {};
    }
    labels = base::split(given->values.back(), ',');
    const auto stranger = std::ranges::find_if_not(labels, is_ours);
    if (labels.empty() || stranger != labels.end()) {  // Loki takes no stream without a label
        return given->bad(labels.empty() ? given->values.back() : *stranger,
                          "no stream label of ours; choose from job, decision, owner, "
                          "workspace_name, agent_name, template_name, namespace, tool");
    }
    return {};
}

Result<void> read_tools(const SettingSources& sources, std::vector<std::string>& tools) {
    const auto given = sources.find("tools");
    if (!given) {
        return {};
    }
    tools = base::split(given->values.back(), ',');
    if (tools.size() > kMostTools) {
        return given->bad(
            given->values.back(),
            "name " + std::to_string(kMostTools) + " at most, since each makes streams of its own");
    }
    return {};
}

/// Whether Loki takes as many labels, as long as these.
Result<void> check_labels(const tailer::EnrichSettings& enrich) {
    base::Labels all = enrich.extra_labels;
    const auto& who = enrich.identity;
    all.insert(all.end(), {{"owner", who.owner},
                           {"workspace", who.workspace_name},
                           {"agent", who.agent_name},
                           {"template", who.template_name},
                           {"namespace", who.kubernetes_namespace}});
    for (const auto& [name, value] : all) {
        if (name.size() > kMaxLabelName || value.size() > kMaxLabelValue) {
            return base::failure("label " + name.substr(0, 60) + ": Loki takes names up to " +
                                 std::to_string(kMaxLabelName) + " and values up to " +
                                 std::to_string(kMaxLabelValue) + " bytes");
        }
    }
    // `late` is added when it is needed.
    if (enrich.extra_labels.size() + enrich.stream_labels.size() + 1 > kMaxLabels) {
        return base::failure("too many labels: Loki takes " + std::to_string(kMaxLabels) +
                             " a stream; leave some out of --label or --stream-labels");
    }
    return {};
}

/// Those by which our own spool is told from another daemon's.
base::Labels own_labels(const tailer::EnrichSettings& enrich) {
    base::Labels own = enrich.extra_labels;
    const auto& who = enrich.identity;
    own.insert(own.end(), {{"job", "boundary"},
                           {"owner", who.owner},
                           {"workspace_name", who.workspace_name},
                           {"agent_name", who.agent_name},
                           {"template_name", who.template_name},
                           {"namespace", who.kubernetes_namespace}});
    return own;
}

}  // namespace

Result<void> read_labels(const SettingSources& sources, Settings& settings) {
    auto& enrich = settings.enrich;
    enrich.identity = identity(sources);
    return read_extra_labels(sources, enrich.extra_labels)
        .and_then([&] { return read_stream_labels(sources, enrich.stream_labels); })
        .and_then([&] { return read_tools(sources, enrich.tools); })
        .and_then([&] { return check_labels(enrich); })
        .map([&] { settings.delivery.own_labels = own_labels(enrich); });
}

}  // namespace bridge
