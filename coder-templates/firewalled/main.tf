# Claude Code under Boundary, with one Boundary for the whole session. Its hooks say which tool call made
# which request.
terraform {
  required_version = ">= 1.3"
  required_providers {
    coder = {
      source  = "coder/coder"
      version = ">= 2.5"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 2.20"
    }
  }
}

provider "kubernetes" {}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

locals {
  name            = "coder-${data.coder_workspace.me.id}"
  labels          = { "app.kubernetes.io/name" = "coder-workspace", "app.kubernetes.io/instance" = local.name }
  boundary_config = templatefile("${path.module}/boundary.yaml.tftpl", { allowed_hosts = var.allowed_hosts })
  claude_settings = jsonencode({ hooks = module.boundary_loki.claude_hooks })
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
  dir  = "/home/coder"
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

# The last version of the module with Boundary in it is 4.9; 5.0 took it out.
module "claude_code" {
  source                = "git::https://github.com/coder/registry.git//registry/coder/modules/claude-code?ref=release/coder/claude-code/v4.7.3"
  agent_id              = coder_agent.main.id
  workdir               = "/home/coder"
  enable_boundary       = true
  boundary_version      = var.boundary_version
  use_boundary_directly = true

  # Before Claude starts: hooks are read once a session. Base64, for the texts may hold anything. What the
  # user has in settings.json stays, hooks of the same events included.
  pre_install_script = <<-EOT
    #!/bin/bash
    set -eu
    umask 022
    mkdir -p "$HOME/.config/coder_boundary" "$HOME/.claude" /tmp/boundary_logs
    echo '${base64encode(local.boundary_config)}' | base64 -d >"$HOME/.config/coder_boundary/config.yaml"
    hooks=$(echo '${base64encode(local.claude_settings)}' | base64 -d)
    settings=$HOME/.claude/settings.json
    if [ ! -s "$settings" ]; then
      printf '%s\n' "$hooks" >"$settings"
    elif command -v jq >/dev/null; then
      jq --argjson ours "$hooks" 'reduce ($ours.hooks | to_entries[]) as $event
        (.; .hooks[$event.key] = ((.hooks[$event.key] // []) + $event.value | unique))' "$settings" >"$settings.new"
      mv "$settings.new" "$settings"
    else
      echo "boundary-loki: jq is missing, so $settings keeps its own hooks: requests will carry no tool call" >&2
    fi
  EOT
}

module "boundary_loki" {
  source            = "./boundary-loki"
  agent_id          = coder_agent.main.id
  loki_url          = var.loki_url
  tenant            = var.loki_tenant
  bearer_token_file = var.loki_token_secret == "" ? "" : "/run/secrets/loki/token"
  archive_url       = var.boundary_loki_url
  archive_sha256    = var.boundary_loki_sha256
  log_dirs          = ["/tmp/boundary_logs"]
}

resource "kubernetes_persistent_volume_claim" "home" {
  wait_until_bound = false
  metadata {
    name      = "${local.name}-home"
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    access_modes = ["ReadWriteOnce"]
    resources {
      requests = { storage = "10Gi" }
    }
  }
}

resource "kubernetes_deployment" "main" {
  count            = data.coder_workspace.me.start_count
  wait_for_rollout = false
  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    replicas = 1
    strategy {
      type = "Recreate"
    }
    selector {
      match_labels = local.labels
    }
    template {
      metadata {
        labels = local.labels
      }
      spec {
        automount_service_account_token = false
        security_context {
          run_as_user = 1000
          fs_group    = 1000
        }
        container {
          name    = "workspace"
          image   = var.image
          command = ["/bin/sh", "-c", coder_agent.main.init_script]
          env {
            name  = "CODER_AGENT_TOKEN"
            value = coder_agent.main.token
          }
          volume_mount {
            name       = "home"
            mount_path = "/home/coder"
          }
          dynamic "volume_mount" {
            for_each = var.loki_token_secret == "" ? [] : [1]
            content {
              name       = "loki-token"
              mount_path = "/run/secrets/loki"
              read_only  = true
            }
          }
        }
        volume {
          name = "home"
          persistent_volume_claim {
            claim_name = kubernetes_persistent_volume_claim.home.metadata[0].name
          }
        }
        dynamic "volume" {
          for_each = var.loki_token_secret == "" ? [] : [1]
          content {
            name = "loki-token"
            secret {
              secret_name = var.loki_token_secret
            }
          }
        }
      }
    }
  }
}
