variable "agent_id" {
  type        = string
  description = "The coder_agent in whose workspace Boundary runs."
}

variable "loki_url" {
  type        = string
  description = "Loki's base address, e.g. http://loki.example:3100."
  validation {
    condition     = can(regex("^https?://[^@]+$", var.loki_url))
    error_message = "loki_url starts with http:// or https:// and holds no user or password: those come from files."
  }
}

variable "archive_url" {
  type        = string
  default     = ""
  description = "Where the workspace downloads boundary-loki-VERSION-linux-ARCH.tar.gz, for an install into the user's home."
}

variable "archive_sha256" {
  type        = string
  default     = ""
  description = "The archive's SHA-256, from the .sha256 file beside it."
}

variable "binary" {
  type        = string
  default     = ""
  description = "Instead of archive_url: path of a boundary-loki that is already in the image, or mounted."
  validation {
    condition     = var.binary == "" || startswith(var.binary, "/")
    error_message = "binary is an absolute path."
  }
}

variable "tenant" {
  type        = string
  default     = ""
  description = "Loki's tenant (X-Scope-OrgID)."
}

variable "bearer_token_file" {
  type        = string
  default     = ""
  description = "Path, in the workspace, of a file with the bearer token: a mounted secret. Never a coder_env: every process would have it, and `$` in it would be expanded."
}

variable "username" {
  type        = string
  default     = ""
  description = "User name for basic authentication."
}

variable "password_file" {
  type        = string
  default     = ""
  description = "Path, in the workspace, of a file with that user's password."
}

variable "ca_cert" {
  type        = string
  default     = ""
  description = "Path of certificates to trust instead of the system's."
}

variable "client_cert" {
  type        = string
  default     = ""
  description = "Path of a client certificate."
}

variable "client_key" {
  type        = string
  default     = ""
  description = "Path of its private key."
}

variable "log_dirs" {
  type        = list(string)
  default     = []
  description = "Folders that Boundary logs to. Default: /tmp/boundary_logs and that of Coder's agent-firewall module."
}

variable "journal_dir" {
  type        = string
  default     = ""
  description = "Folder of the tool calls' journal. Default: toolcalls/ in the first log folder."
}

variable "labels" {
  type        = map(string)
  default     = {}
  description = "More stream labels. Few, with few values."
  validation {
    condition     = alltrue([for name in keys(var.labels) : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", name))])
    error_message = "A label's name has letters, digits and _ alone, and does not start with a digit."
  }
}

variable "agent_name" {
  type        = string
  default     = ""
  description = "Default: CODER_WORKSPACE_AGENT_NAME, which the agent sets."
}

variable "namespace" {
  type        = string
  default     = "coder-workspaces"
  description = "Label `namespace`, by which dashboards select: those made for coderd's lines want `coder` or `coder-workspaces`. Give the pod's. Empty: what its service account's token says, and nothing where none is mounted."
}

variable "metrics_address" {
  type        = string
  default     = ""
  description = "Where to serve /metrics, or off. Default: 127.0.0.1:9765, where it is free."
}

variable "log_level" {
  type        = string
  default     = ""
  description = "Of the daemon's own log, ~/.local/share/boundary-loki/daemon.log: debug, info, warn or error."
}

variable "state_dir" {
  type        = string
  default     = ""
  description = "Folder for checkpoint and spool. Default: ~/.local/state/boundary-loki."
}

variable "sidecar" {
  type        = bool
  default     = false
  description = "Make no script: the template runs the daemon in a container of its own, with output `arguments`. Takes `binary`, `agent_name` and `state_dir`."
}

variable "sync" {
  type        = bool
  default     = false
  description = "Let other scripts wait for the start, by output `scripts` and `coder exp sync want`. It then runs the `coder` of the agent's PATH, which whatever runs as the workspace's user can replace where that is in a folder of the user's."
}
