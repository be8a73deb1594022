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
  description = "The workspace's image: has bash, curl, jq and util-linux, and a user with id 1000."
}

variable "arch" {
  type        = string
  default     = "amd64"
  description = "Architecture of the nodes, the agent and the archive below: amd64 or arm64."
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
  default     = true
  description = "Claude Code reaches its model through Coder's AI Gateway, with the owner's session token, so that no workspace holds a key."
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
  description = "A Kubernetes secret with a key `token`, mounted as a file. Give it the right to push alone: Claude runs as the same user and can read it."
}

variable "boundary_loki_url" {
  type        = string
  default     = ""
  description = "Where the archive of boundary-loki is, for the architecture."
}

variable "boundary_loki_sha256" {
  type        = string
  default     = ""
  description = "Its checksum."
}

variable "boundary_loki_binary" {
  type        = string
  default     = ""
  description = "Instead of the archive: path of a boundary-loki in the image, which Claude cannot replace."
}

variable "boundary_version" {
  type        = string
  default     = "v0.9.0"
  description = "Version of Boundary that the claude-code module installs."
}

variable "sudo" {
  type        = bool
  default     = true
  description = "Let the image's sudo work: the claude-code module installs AgentAPI with it, which the chat of Tasks needs. Switch it off where the image has AgentAPI: the pod then passes the Pod Security Standard `restricted`."
}

variable "subdomain" {
  type        = bool
  default     = true
  description = "Serve the apps on subdomains; takes a wildcard access URL."
}

variable "sidecar" {
  type        = bool
  default     = false
  description = "Run the daemon in a container of its own, which Claude cannot reach: as another user, with the Loki token mounted there alone. Takes Kubernetes 1.29. Recommended where the agent is not trusted."
}
