# Stands in for the code-server module 1.3.1 of coder/registry: the inputs that a template of ours uses.
variable "agent_id" { type = string }
variable "folder" {
  type    = string
  default = ""
}
variable "subdomain" {
  type    = bool
  default = false
}
