// SPDX-License-Identifier: MIT
#include "bridge/settings/option_specs.h"

namespace bridge {

const std::vector<OptionSpec>& option_specs() {
    static const std::vector<OptionSpec> specs = {
        {"log-dir", "BOUNDARY_LOG_DIR", "DIR",
         "folder that Boundary logs to (repeatable; may appear later)", true},
        {"state-dir", "BOUNDARY_LOKI_STATE_DIR", "DIR", "folder for checkpoint and spool"},
        {"journal-dir", "BOUNDARY_LOKI_JOURNAL_DIR", "DIR",
         "folder with the journal of tool calls (default: toolcalls/ in the first log folder)"},
        {"trust-owner", "BOUNDARY_LOKI_TRUST_OWNER", "UID",
         "also read this user's log files, whoever owns the folder (repeatable)", true},
        {"loki-url", "LOKI_ADDR", "URL", "Loki's base address, e.g. http://loki.example:3100"},
        {"tenant", "LOKI_ORG_ID", "ID", "tenant, sent as X-Scope-OrgID"},
        {"username", "LOKI_USERNAME", "NAME", "user name for basic authentication"},
        {"password-file", "", "FILE", "file with its password (or LOKI_PASSWORD)"},
        {"bearer-token-file", "LOKI_BEARER_TOKEN_FILE", "FILE",
         "file with a bearer token, read again when it changes (or LOKI_BEARER_TOKEN)"},
        {"ca-cert", "LOKI_CA_CERT_PATH", "FILE", "certificates to trust instead of the system's"},
        {"client-cert", "LOKI_CLIENT_CERT_PATH", "FILE", "client certificate"},
        {"client-key", "LOKI_CLIENT_KEY_PATH", "FILE", "its private key"},
        {"owner", "CODER_WORKSPACE_OWNER_NAME", "NAME", "workspace owner"},
        {"workspace", "CODER_WORKSPACE_NAME", "NAME", "workspace name"},
        {"workspace-id", "CODER_WORKSPACE_ID", "UUID", "workspace id"},
        {"agent", "CODER_WORKSPACE_AGENT_NAME", "NAME", "workspace agent name"},
        {"template", "CODER_WORKSPACE_TEMPLATE_NAME", "NAME", "template name"},
        {"template-id", "CODER_WORKSPACE_TEMPLATE_ID", "UUID", "template id"},
        {"template-version-id", "CODER_WORKSPACE_TEMPLATE_VERSION_ID", "UUID",
         "template version id"},
        {"namespace", "BOUNDARY_LOKI_NAMESPACE", "NAME",
         "Kubernetes namespace (default: the pod's own)"},
        {"label", "BOUNDARY_LOKI_LABELS", "NAME=VALUE", "one more stream label (repeatable)", true},
        {"stream-labels", "BOUNDARY_LOKI_STREAM_LABELS", "A,B,C",
         "which labels make the stream; the others become structured metadata"},
        {"tools", "BOUNDARY_LOKI_TOOLS", "A,B,C",
         "tools that get their own value of the label `tool`; the others are mcp or other"},
        {"line-format", "BOUNDARY_LOKI_LINE_FORMAT", "FORMAT", "json or logfmt"},
        {"url-query", "BOUNDARY_LOKI_URL_QUERY", "POLICY",
         "URL queries: redact what is not plainly harmless, keep all, or drop all"},
        {"notices", "BOUNDARY_LOKI_NOTICES", "POLICY",
         "which of Boundary's other lines are pushed: trail, all (with their text), or none"},
        {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "HOST:PORT",
         "where to serve /metrics, or off (default 127.0.0.1:9765)"},
        {"heartbeat", "BOUNDARY_LOKI_HEARTBEAT", "DURATION",
         "how often to tell Loki that the daemon is well, or off (default 5m)"},
        {"batch-bytes", "", "BYTES", "uncompressed size of a push (default 256KiB)"},
        {"batch-wait", "", "DURATION", "longest wait before a push (default 1s)"},
        {"stream-rate", "", "BYTES", "bytes a second a stream, 0 = no limit (default 1MiB)"},
        {"spool-max-bytes", "", "BYTES", "cap of the spool on disk (default 64MiB)"},
        {"log-level", "", "LEVEL", "debug, info, warn or error"},
        {"log-format", "", "FORMAT", "text or json: the program's own log, on stderr"},
    };
    return specs;
}

}  // namespace bridge
