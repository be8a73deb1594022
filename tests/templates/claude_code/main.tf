# Stands in for the claude-code module 4.7.3 of coder/registry, which cannot be fetched in a test: the
# inputs that it has and a template of ours may use. An input that is not here fails the validation.
variable "agent_id" { type = string }
variable "workdir" { type = string }
variable "pre_install_script" {
  type    = string
  default = null
}
variable "post_install_script" {
  type    = string
  default = null
}
variable "enable_boundary" {
  type    = bool
  default = false
}
variable "boundary_version" {
  type    = string
  default = "latest"
}
variable "use_boundary_directly" {
  type    = bool
  default = false
}
variable "compile_boundary_from_source" {
  type    = bool
  default = false
}
variable "enable_aibridge" {
  type    = bool
  default = false
}
resource "terraform_data" "pre_install" {
  input = var.pre_install_script
}
