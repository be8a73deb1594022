# Claude Code under Boundary, with one Boundary for the whole session. Its hooks say which tool call made
# which request.
terraform {
  required_version = ">= 1.3"
  required_providers {
    coder = {
      source  = "coder/coder"
      version = ">= 2.13"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 3.0" # init_container.restart_policy
    }
  }
}

provider "kubernetes" {
  config_path = var.use_kubeconfig ? "~/.kube/config" : null
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_task" "me" {}

# A workspace asks its owner to log in there; `git` then has a token for each fetch and push.
data "coder_external_auth" "git" {
  count = var.external_auth_id == "" ? 0 : 1
  id    = var.external_auth_id
}

data "coder_parameter" "ai_prompt" {
  name         = "ai_prompt"
  display_name = "First prompt"
  description  = "What Claude Code begins with. A task has a prompt of its own."
  type         = "string"
  default      = ""
  mutable      = true
  icon         = "/icon/claude.svg"
  order        = 4
}

locals {
  # Git asks `coder gitaskpass`, and that asks Coder, as Claude does for its model: both hosts are always allowed.
  own_hosts = [for url in compact([data.coder_workspace.me.access_url, var.gitlab_url]) : regex("^https?://([^/:]+)", url)[0]]
  lines     = [for line in split("\n", file("${path.module}/rules.txt")) : trimspace(line)]
  rules = distinct(concat(
    [for host in local.own_hosts : "domain=${host}"],
    [for line in local.lines : line if line != "" && !startswith(line, "#")],
    var.allow_rules,
  ))
  wrong_rules = [for rule in local.rules : rule if !can(regex("^(method|domain|path)=[^ \t]+([ \t]+(method|domain|path)=[^ \t]+)*$", rule))]

  boundary_config = templatefile("${path.module}/boundary.yaml.tftpl", { rules = local.rules, logs = local.logs })
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = var.arch
  dir  = "/home/coder"
  env = {
    EDITOR = "code"
    VISUAL = "code"
    # There is no Docker in the pod to look for.
    CODER_AGENT_DEVCONTAINERS_ENABLE = "false"
  }
  startup_script = <<-EOT
    #!/bin/sh
    # Claude Code is installed there; a person's terminal finds it, too.
    grep -qsF '.local/bin' ~/.profile || echo 'PATH="$HOME/.local/bin:$PATH"' >>~/.profile
  EOT

  metadata {
    display_name = "CPU"
    key          = "cpu"
    script       = "coder stat cpu"
    interval     = 10
    timeout      = 1
  }
  metadata {
    display_name = "Memory"
    key          = "memory"
    script       = "coder stat mem"
    interval     = 10
    timeout      = 1
  }
  metadata {
    display_name = "Disk"
    key          = "disk"
    script       = "coder stat disk --path /home/coder"
    interval     = 60
    timeout      = 1
  }

  display_apps {
    vscode                 = true
    vscode_insiders        = false
    web_terminal           = true
    ssh_helper             = true
    port_forwarding_helper = true
  }
}

resource "coder_env" "boundary_config" {
  agent_id = coder_agent.main.id
  name     = "BOUNDARY_CONFIG"
  value    = "/home/coder/.config/coder_boundary/config.yaml"
}

resource "coder_env" "boundary_jail_type" {
  agent_id = coder_agent.main.id
  name     = "BOUNDARY_JAIL_TYPE"
  value    = "landjail"
}

# The module sets ANTHROPIC_BASE_URL and CLAUDE_API_KEY; other clients of the gateway look for this one.
resource "coder_env" "ai_gateway" {
  count    = var.ai_gateway ? 1 : 0
  agent_id = coder_agent.main.id
  name     = "ANTHROPIC_AUTH_TOKEN"
  value    = data.coder_workspace_owner.me.session_token
}

# The last version of the module with Boundary in it is 4.9; 5.0 took it out, and Tasks with it.
module "claude_code" {
  source                = "git::https://github.com/coder/registry.git//registry/coder/modules/claude-code?ref=release/coder/claude-code/v4.7.3"
  agent_id              = coder_agent.main.id
  workdir               = "/home/coder"
  enable_aibridge       = var.ai_gateway
  enable_boundary       = true
  boundary_version      = var.boundary_version
  use_boundary_directly = true
  ai_prompt             = data.coder_task.me.prompt != "" ? data.coder_task.me.prompt : data.coder_parameter.ai_prompt.value
  report_tasks          = true
  subdomain             = var.subdomain

  # Before Claude starts. Base64, for the text may hold anything.
  pre_install_script = <<-EOT
    #!/bin/bash
    set -eu
    umask 022
    mkdir -p "$HOME/.config/coder_boundary" ${local.logs}
    echo '${base64encode(local.boundary_config)}' | base64 -d >"$HOME/.config/coder_boundary/config.yaml"
    ${module.boundary_loki.claude_hooks_script}
  EOT
}

# The chat that Coder shows beside a task.
resource "coder_ai_task" "claude_code" {
  count  = data.coder_task.me.enabled ? data.coder_workspace.me.start_count : 0
  app_id = module.claude_code.task_app_id
}

module "code_server" {
  count     = data.coder_workspace.me.start_count
  source    = "git::https://github.com/coder/registry.git//registry/coder/modules/code-server?ref=release/coder/code-server/v1.3.1"
  agent_id  = coder_agent.main.id
  folder    = "/home/coder"
  subdomain = var.subdomain
}

module "boundary_loki" {
  source            = "./boundary-loki"
  agent_id          = coder_agent.main.id
  loki_url          = var.loki_url
  tenant            = var.loki_tenant
  bearer_token_file = var.loki_token_secret == "" ? "" : "/run/secrets/loki/token"
  binary            = local.binary
  archive_url       = var.sidecar ? "" : var.boundary_loki_url
  archive_sha256    = var.sidecar ? "" : var.boundary_loki_sha256
  log_dirs          = [local.logs]
  sidecar           = var.sidecar
  agent_name        = "main"
  state_dir         = var.sidecar ? "/var/lib/boundary-loki/state" : ""
  metrics_address   = var.sidecar ? "0.0.0.0:9765" : ""
  # No service account's token is mounted, and with it the file that names the namespace.
  namespace = var.namespace
}
