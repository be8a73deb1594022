variable "namespace" {
  type        = string
  default     = "coder-workspaces"
  description = "Kubernetes namespace of the workspaces; dashboards find the lines by it."
}

variable "image" {
  type        = string
  description = "The workspace's image: has curl and util-linux, and a user with id 1000."
}

variable "allowed_hosts" {
  type        = list(string)
  description = "Hosts that tool calls may reach, as Boundary's domain rules: `github.example`, `*.github.example`."
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
  description = "A Kubernetes secret with a key `token`, mounted as a file. Give it the right to push alone: the jailed tool calls run as the same user and can read it."
}

variable "boundary_loki_url" {
  type        = string
  description = "Where the archive of boundary-loki is."
}

variable "boundary_loki_sha256" {
  type        = string
  description = "Its checksum."
}

variable "boundary_url" {
  type        = string
  default     = ""
  description = "Where Boundary's program for this platform is. Empty: the image has one, see boundary_command."
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
