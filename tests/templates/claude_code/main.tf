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
variable "ai_prompt" {
  type    = string
  default = ""
}
variable "report_tasks" {
  type    = bool
  default = true
}
variable "subdomain" {
  type    = bool
  default = false
}
output "task_app_id" { value = "8d1f0f9e-1111-4000-8000-00000000000a" }
resource "terraform_data" "pre_install" {
  input = var.pre_install_script
}
