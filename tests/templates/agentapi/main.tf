# Stands in for the agentapi module 2.4.0 of coder/registry, which cannot be fetched in a test: the inputs that it has and a template
# of ours uses. An input that is not here fails the validation.
variable "agent_id" { type = string }
variable "module_dir_name" { type = string }
variable "web_app_slug" { type = string }
variable "web_app_display_name" { type = string }
variable "web_app_icon" { type = string }
variable "cli_app_slug" { type = string }
variable "cli_app_display_name" { type = string }
variable "start_script" { type = string }
variable "install_script" {
  type    = string
  default = ""
}
variable "folder" {
  type    = string
  default = "/home/coder"
}
variable "install_agentapi" {
  type    = bool
  default = true
}
variable "agentapi_subdomain" {
  type    = bool
  default = true
}
output "task_app_id" { value = "8d1f0f9e-1111-4000-8000-00000000000b" }
resource "terraform_data" "install" {
  input = var.install_script
}
resource "terraform_data" "start" {
  input = var.start_script
}
