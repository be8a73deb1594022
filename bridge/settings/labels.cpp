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

}  // namespace

base::Result<void> read_labels(const SettingSources& sources, Settings& settings) {
    auto& enrich = settings.enrich;
    auto& who = enrich.identity;
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

    if (const auto given = sources.find("label")) {
        for (const auto& value : given->values) {
            const auto pairs =
                given->is_flag() ? std::vector<std::string>{value} : base::split(value, ',');
            for (const auto& pair : pairs) {
                const std::size_t equals = pair.find('=');
                const std::string name = pair.substr(0, equals);
                if (equals == std::string::npos || equals + 1 == pair.size()) {
                    return given->bad(pair, "want name=value");
                }
                if (!exporter::is_label_name(name) || name.starts_with("__")) {
                    return given->bad(pair,
                                      "a label's name is [a-zA-Z_][a-zA-Z0-9_]*, and names "
                                      "that begin with __ are Loki's own");
                }
                if (std::ranges::find(tailer::kStreamLabelNames, name) !=
                        tailer::kStreamLabelNames.end() ||
                    name == "late") {
                    return given->bad(pair, "this label is set by boundary-loki itself");
                }
                if (std::ranges::find(enrich.extra_labels, name, &base::Label::first) !=
                    enrich.extra_labels.end()) {
                    return given->bad(pair, "this label is given twice");
                }
                enrich.extra_labels.emplace_back(name, pair.substr(equals + 1));
            }
        }
    }
    if (const auto given = sources.find("stream-labels")) {
        constexpr std::string_view kWanted =
            "no stream label of ours; choose from job, decision, owner, workspace_name, "
            "agent_name, template_name, namespace, tool";
        enrich.stream_labels = base::split(given->values.back(), ',');
        for (const auto& name : enrich.stream_labels) {
            if (std::ranges::find(tailer::kStreamLabelNames, name) ==
                tailer::kStreamLabelNames.end()) {
                return given->bad(name, kWanted);
            }
        }
        if (enrich.stream_labels.empty()) {  // Loki takes no stream without a label
            return given->bad(given->values.back(), kWanted);
        }
    }
    if (const auto given = sources.find("tools")) {
        enrich.tools = base::split(given->values.back(), ',');
        if (enrich.tools.size() > kMostTools) {
            return given->bad(given->values.back(),
                              "name " + std::to_string(kMostTools) +
                                  " at most, since each makes streams of its own");
        }
    }
    base::Labels all = enrich.extra_labels;
    for (const auto& [name, value] : base::Labels{{"owner", who.owner},
                                                  {"workspace", who.workspace_name},
                                                  {"agent", who.agent_name},
                                                  {"template", who.template_name},
                                                  {"namespace", who.kubernetes_namespace}}) {
        all.emplace_back(name, value);
    }
    for (const auto& [name, value] : all) {
        if (name.size() > kMaxLabelName || value.size() > kMaxLabelValue) {
            return base::failure("label " + name.substr(0, 60) + ": Loki takes names up to " +
                                 std::to_string(kMaxLabelName) + " and values up to " +
                                 std::to_string(kMaxLabelValue) + " bytes");
        }
    }
    settings.delivery.own_labels = enrich.extra_labels;
    for (const auto& [name, value] : base::Labels{{"job", "boundary"},
                                                  {"owner", who.owner},
                                                  {"workspace_name", who.workspace_name},
                                                  {"agent_name", who.agent_name},
                                                  {"template_name", who.template_name},
                                                  {"namespace", who.kubernetes_namespace}}) {
        settings.delivery.own_labels.emplace_back(name, value);
    }
    // `late` is added when it is needed.
    if (enrich.extra_labels.size() + enrich.stream_labels.size() + 1 > kMaxLabels) {
        return base::failure("too many labels: Loki takes " + std::to_string(kMaxLabels) +
                             " a stream; leave some out of --label or --stream-labels");
    }
    return {};
}

}  // namespace bridge
