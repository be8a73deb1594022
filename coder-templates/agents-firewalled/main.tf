# Only the tool calls of Coder Agents run under Boundary. The agent process itself does not: its
# connection to Coder is a WebSocket, which Boundary's proxy does not pass.
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

# A workspace asks its owner to log in there; `git` then has a token for each fetch and push.
data "coder_external_auth" "git" {
  count = var.external_auth_id == "" ? 0 : 1
  id    = var.external_auth_id
}

locals {
  tools  = "/opt/firewall" # mounted read-only: what jails the tool calls is out of their reach
  binary = "${local.tools}/boundary-loki/bin/boundary-loki"
  path   = "${local.tools}/shim:${local.tools}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  # Git inside a call asks `coder gitaskpass`, and that asks Coder: both hosts are always allowed.
  own_hosts = [for url in compact([data.coder_workspace.me.access_url, var.gitlab_url]) : regex("^https?://([^/:]+)", url)[0]]
  lines     = [for line in split("\n", file("${path.module}/rules.txt")) : trimspace(line)]
  rules = distinct(concat(
    [for host in local.own_hosts : "domain=${host}"],
    [for line in local.lines : line if line != "" && !startswith(line, "#")],
    var.allow_rules,
  ))
  wrong_rules = [for rule in local.rules : rule if !can(regex("^(method|domain|path)=[^ \t]+([ \t]+(method|domain|path)=[^ \t]+)*$", rule))]
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = var.arch
  dir  = "/home/coder"
  env = {
    # There is no Docker in the pod to look for.
    CODER_AGENT_DEVCONTAINERS_ENABLE = "false"
  }

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
}

resource "coder_env" "ai_gateway" {
  for_each = var.ai_gateway || local.task > 0 ? toset(["ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"]) : toset([])
  agent_id = coder_agent.main.id
  name     = each.key
  value    = each.key == "ANTHROPIC_BASE_URL" ? "${data.coder_workspace.me.access_url}/api/v2/aibridge/anthropic" : data.coder_workspace_owner.me.session_token
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
  log_dirs          = [local.logs]
  sidecar           = var.sidecar
  agent_name        = "main"
  state_dir         = var.sidecar ? "/var/lib/boundary-loki/state" : ""
  metrics_address   = var.sidecar ? "0.0.0.0:9765" : ""
  # No service account's token is mounted, and with it the file that names the namespace.
  namespace = var.namespace
}
