variable "namespace" {
  type        = string
  default     = "coder-workspaces"
  description = "Kubernetes namespace of the workspaces; dashboards find the lines by it."
}

variable "image" {
  type        = string
  description = "The workspace's image: has bash, curl, jq and util-linux, and a user with id 1000."
}

variable "allowed_hosts" {
  type        = list(string)
  description = "Hosts that Claude Code may reach, its own API included, as Boundary's domain rules: `github.example`, `*.github.example`."
  validation {
    condition     = alltrue([for host in var.allowed_hosts : can(regex("^(\\*\\.)?[A-Za-z0-9.-]+$", host))])
    error_message = "A host is a name alone, without scheme, port or path; *. may stand in front."
  }
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
  description = "Where the archive of boundary-loki is."
}

variable "boundary_loki_sha256" {
  type        = string
  description = "Its checksum."
}

variable "boundary_version" {
  type        = string
  default     = "v0.9.0"
  description = "Version of Boundary that the claude-code module installs."
}
