# Only the tool calls of Coder Agents run under Boundary. The agent process itself does not: its
# connection to Coder is a WebSocket, which Boundary's proxy does not pass.
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
  name   = "coder-${data.coder_workspace.me.id}"
  tools  = "/opt/firewall" # root's, read-only: what jails the tool calls is out of their reach
  path   = "${local.tools}/shim:${local.tools}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  labels = { "app.kubernetes.io/name" = "coder-workspace", "app.kubernetes.io/instance" = local.name }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
  dir  = "/home/coder"
}

module "boundary_loki" {
  source            = "./boundary-loki"
  agent_id          = coder_agent.main.id
  loki_url          = var.loki_url
  tenant            = var.loki_tenant
  bearer_token_file = var.loki_token_secret == "" ? "" : "/run/secrets/loki/token"
  binary            = "${local.tools}/boundary-loki/bin/boundary-loki"
  log_dirs          = ["/tmp/boundary_logs"]
}

resource "kubernetes_config_map" "firewall" {
  metadata {
    name      = "${local.name}-firewall"
    namespace = var.namespace
    labels    = local.labels
  }
  data = {
    "sh"            = module.boundary_loki.shim
    "boundary.yaml" = templatefile("${path.module}/boundary.yaml.tftpl", { allowed_hosts = var.allowed_hosts })
    "install.sh"    = module.boundary_loki.install_script
  }
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
          fs_group = 1000
        }

        # As root, before anything of the user's runs: boundary-loki and Boundary, checksums checked.
        init_container {
          name    = "firewall"
          image   = var.image
          command = ["/bin/sh", "-ec"]
          args = [<<-EOT
            sh /config/install.sh "$LOKI_ARCHIVE_URL" "$LOKI_ARCHIVE_SHA256" ${local.tools}/boundary-loki
            mkdir -p ${local.tools}/bin ${local.tools}/shim
            ln -sfn ../boundary-loki/bin/boundary-loki ${local.tools}/bin/boundary-loki
            ln -sfn ../boundary-loki/bin/boundary-loki-toolcall ${local.tools}/bin/boundary-loki-toolcall
            if [ -n "$BOUNDARY_URL" ]; then
              curl -fsSL --retry 3 -o ${local.tools}/bin/boundary -- "$BOUNDARY_URL"
              echo "$BOUNDARY_SHA256  ${local.tools}/bin/boundary" | sha256sum --check --status
            fi
            cp /config/sh ${local.tools}/shim/sh
            cp /config/boundary.yaml ${local.tools}/boundary.yaml
            chmod -R u=rwX,go=rX ${local.tools}
            chmod 755 ${local.tools}/shim/sh ${local.tools}/bin/*
          EOT
          ]
          env {
            name  = "LOKI_ARCHIVE_URL"
            value = var.boundary_loki_url
          }
          env {
            name  = "LOKI_ARCHIVE_SHA256"
            value = var.boundary_loki_sha256
          }
          env {
            name  = "BOUNDARY_URL"
            value = var.boundary_url
          }
          env {
            name  = "BOUNDARY_SHA256"
            value = var.boundary_sha256
          }
          security_context {
            run_as_user = 0
          }
          volume_mount {
            name       = "tools"
            mount_path = local.tools
          }
          volume_mount {
            name       = "config"
            mount_path = "/config"
            read_only  = true
          }
        }

        container {
          name    = "workspace"
          image   = var.image
          command = ["/bin/sh", "-c", coder_agent.main.init_script]
          security_context {
            run_as_user                = 1000
            allow_privilege_escalation = false
          }
          env {
            name  = "CODER_AGENT_TOKEN"
            value = coder_agent.main.token
          }
          # The `sh` of a tool call is looked up in the PATH of the agent's own process: a coder_env comes too late.
          env {
            name  = "PATH"
            value = local.path
          }
          env {
            name  = "BOUNDARY_CONFIG"
            value = "${local.tools}/boundary.yaml"
          }
          env {
            name  = "BOUNDARY_LOG_DIR"
            value = "/tmp/boundary_logs"
          }
          env {
            name  = "BOUNDARY_LOKI_BOUNDARY"
            value = var.boundary_command
          }
          volume_mount {
            name       = "home"
            mount_path = "/home/coder"
          }
          volume_mount {
            name       = "tools"
            mount_path = local.tools
            read_only  = true
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
        volume {
          name = "tools"
          empty_dir {}
        }
        volume {
          name = "config"
          config_map {
            name = kubernetes_config_map.firewall.metadata[0].name
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
