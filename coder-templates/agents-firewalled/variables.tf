variable "namespace" {
  type        = string
  default     = "coder-workspaces"
  description = "Kubernetes namespace of the workspaces, and the label `namespace` of each decision: dashboards select by it."
}

variable "use_kubeconfig" {
  type        = bool
  default     = false
  description = "For a provisioner outside the cluster: use its ~/.kube/config."
}

variable "image" {
  type        = string
  description = "The workspace's image: has curl and util-linux, and a user with id 1000."
}

variable "arch" {
  type        = string
  default     = "amd64"
  description = "Architecture of the nodes, the agent and the two programs below: amd64 or arm64."
  validation {
    condition     = contains(["amd64", "arm64"], var.arch)
    error_message = "arch is amd64 or arm64."
  }
}

variable "allow_rules" {
  type        = list(string)
  default     = []
  description = "Boundary rules in addition to those of rules.txt, e.g. `method=GET,HEAD domain=npm.registry.example path=/left-pad/*`."
}

variable "external_auth_id" {
  type        = string
  default     = ""
  description = "Id of Coder's external authentication for Git, as `gitlab`. Empty: a workspace asks for none."
}

variable "gitlab_url" {
  type        = string
  default     = ""
  description = "Address of the Git server behind external_auth_id: its host is always allowed."
  validation {
    condition     = var.gitlab_url == "" || can(regex("^https?://[^/:@]+", var.gitlab_url))
    error_message = "gitlab_url starts with http:// or https:// and holds no user."
  }
}

variable "ai_gateway" {
  type        = bool
  default     = false
  description = "Give the workspace the variables of Coder's AI Gateway, for Claude Code in a terminal. They hold the owner's session token, which a tool call could then use against Coder; chats of Coder Agents need none of it. A task has them always."
}

variable "loki_url" {
  type        = string
  description = "Loki's base address."
}

variable "loki_tenant" {
  type        = string
  default     = ""
  description = "Loki's tenant."
}

variable "loki_token_secret" {
  type        = string
  default     = ""
  description = "A Kubernetes secret with a key `token`, mounted as a file. Give it the right to push alone: the jailed tool calls run as the same user and can read it."
}

variable "boundary_loki_url" {
  type        = string
  description = "Where the archive of boundary-loki is, for the architecture."
}

variable "boundary_loki_sha256" {
  type        = string
  description = "Its checksum."
}

variable "boundary_url" {
  type        = string
  default     = ""
  description = "Where Boundary's program is, for the architecture. Empty: the image has one, see boundary_command."
}

variable "boundary_sha256" {
  type        = string
  default     = ""
  description = "Its checksum."
}

variable "boundary_command" {
  type        = string
  default     = ""
  description = "How Boundary is started, such as `coder agent-firewall`. Empty: the first that is there of `boundary`, `coder agent-firewall` and `coder boundary`."
}

variable "agentapi_url" {
  type        = string
  default     = ""
  description = "For Tasks: where AgentAPI's program is, for the architecture. Empty: the image has `agentapi`."
}

variable "agentapi_sha256" {
  type        = string
  default     = ""
  description = "Its checksum."
}

variable "claude_url" {
  type        = string
  default     = ""
  description = "For Tasks: where Claude Code's program is, for the architecture. Empty: the image has `claude`."
}

variable "claude_sha256" {
  type        = string
  default     = ""
  description = "Its checksum."
}

variable "subdomain" {
  type        = bool
  default     = true
  description = "Serve the apps on subdomains; takes a wildcard access URL."
}

variable "sidecar" {
  type        = bool
  default     = false
  description = "Run the daemon in a container of its own, which a tool call cannot reach: as another user, with the Loki token mounted there alone. Takes Kubernetes 1.29. Recommended where the agent is not trusted."
}
