# What a stock provisioner may create (volume claims and deployments, or pods), and nothing else: no ConfigMap, no Secret. The
# pod passes the Pod Security Standard `restricted`.

locals {
  name   = "coder-${data.coder_workspace.me.id}"
  labels = { "app.kubernetes.io/name" = "coder-workspace", "app.kubernetes.io/instance" = local.name, "app.kubernetes.io/part-of" = "coder" }

  # Where Boundary logs. A volume's own folder is root's; the daemon reads what the folder's owner wrote.
  logs         = var.sidecar ? "/run/boundary/logs" : "/tmp/boundary_logs"
  token_mounts = var.loki_token_secret == "" ? [] : [1]

  # Programs and files that the init container puts into the volume that the workspace has read-only.
  programs = {
    for name, from in {
      boundary = [var.boundary_url, var.boundary_sha256]
      agentapi = [local.task > 0 ? var.agentapi_url : "", var.agentapi_sha256]
      claude   = [local.task > 0 ? var.claude_url : "", var.claude_sha256]
    } : name => { url = from[0], sha256 = from[1] } if from[0] != ""
  }
  files = {
    "install.sh"    = module.boundary_loki.install_script
    "shim/sh"       = module.boundary_loki.shim
    "boundary.yaml" = templatefile("${path.module}/boundary.yaml.tftpl", { rules = local.rules, logs = local.logs })
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
      requests = { storage = "${data.coder_parameter.disk_size.value}Gi" }
    }
  }
  lifecycle {
    ignore_changes = all
  }
}

# Checkpoint and spool of a sidecar: what Loki had not taken when the pod ended.
resource "kubernetes_persistent_volume_claim" "state" {
  count            = var.sidecar ? 1 : 0
  wait_until_bound = false
  metadata {
    name      = "${local.name}-boundary-loki"
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    access_modes = ["ReadWriteOnce"]
    resources {
      requests = { storage = "1Gi" }
    }
  }
  lifecycle {
    ignore_changes = all
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
        node_selector                   = { "kubernetes.io/arch" = var.arch }
        security_context {
          run_as_non_root = true
          run_as_user     = 1000
          fs_group        = 1000
          seccomp_profile {
            type = "RuntimeDefault"
          }
        }

        # Before anything of the user's runs: boundary-loki and Boundary, checksums checked. Not as root: that the workspace
        # cannot write there is the mount's doing.
        init_container {
          name    = "firewall"
          image   = var.image
          command = ["/bin/sh", "-ec"]
          args = [join("\n", concat(
            ["umask 022", "mkdir -p ${local.tools}/bin ${local.tools}/shim"],
            [for name, text in local.files : "echo '${base64encode(text)}' | base64 -d >${local.tools}/${name}"],
            [
              "sh ${local.tools}/install.sh \"$LOKI_ARCHIVE_URL\" \"$LOKI_ARCHIVE_SHA256\" ${local.tools}/boundary-loki",
              "for program in boundary-loki boundary-loki-toolcall; do ln -sfn ../boundary-loki/bin/$program ${local.tools}/bin/$program; done",
            ],
            flatten([for name in keys(local.programs) : [
              format("curl -fsSL --retry 3 -o %s/bin/%s -- \"$%s_URL\"", local.tools, name, upper(name)),
              format("echo \"$%s_SHA256  %s/bin/%s\" | sha256sum --check --status", upper(name), local.tools, name),
            ]]),
            [
              "chmod 755 ${local.tools}/shim/sh ${local.tools}/bin/*",
            ],
            # The workspace's user owns both; the sidecar's is of its group.
            var.sidecar ? ["mkdir -p ${local.logs}/toolcalls", "chmod 750 ${local.logs}/toolcalls"] : [],
          ))]
          env {
            name  = "LOKI_ARCHIVE_URL"
            value = var.boundary_loki_url
          }
          env {
            name  = "LOKI_ARCHIVE_SHA256"
            value = var.boundary_loki_sha256
          }
          dynamic "env" {
            for_each = merge([for name, from in local.programs : { "${upper(name)}_URL" = from.url, "${upper(name)}_SHA256" = from.sha256 }]...)
            content {
              name  = env.key
              value = env.value
            }
          }
          security_context {
            allow_privilege_escalation = false
            capabilities {
              drop = ["ALL"]
            }
          }
          resources {
            requests = { cpu = "100m", memory = "64Mi" }
            limits   = { cpu = "1", memory = "256Mi" }
          }
          volume_mount {
            name       = "tools"
            mount_path = local.tools
          }
          dynamic "volume_mount" {
            for_each = var.sidecar ? [1] : []
            content {
              name       = "boundary"
              mount_path = "/run/boundary"
            }
          }
        }

        # Beside the agent, not under it: a container, a user and a state of its own, and the token is mounted here alone. An init
        # container with this restart policy starts before the workspace and ends after it.
        dynamic "init_container" {
          for_each = var.sidecar ? [1] : []
          content {
            name           = "boundary-loki"
            image          = var.image
            restart_policy = "Always"
            command        = [local.binary]
            args           = module.boundary_loki.arguments
            port {
              name           = "metrics"
              container_port = 9765
            }
            security_context {
              run_as_user                = 1001
              allow_privilege_escalation = false
              read_only_root_filesystem  = true
              capabilities {
                drop = ["ALL"]
              }
            }
            resources {
              requests = { cpu = "20m", memory = "32Mi" }
              limits   = { cpu = "500m", memory = "128Mi" }
            }
            volume_mount {
              name       = "tools"
              mount_path = local.tools
              read_only  = true
            }
            volume_mount {
              name       = "boundary"
              mount_path = "/run/boundary"
              read_only  = true
            }
            volume_mount {
              name       = "state"
              mount_path = "/var/lib/boundary-loki"
            }
            dynamic "volume_mount" {
              for_each = local.token_mounts
              content {
                name       = "loki-token"
                mount_path = "/run/secrets/loki"
                read_only  = true
              }
            }
          }
        }

        container {
          name    = "workspace"
          image   = var.image
          command = ["/bin/sh", "-c", coder_agent.main.init_script]
          security_context {
            allow_privilege_escalation = false
            capabilities {
              drop = ["ALL"]
            }
          }
          resources {
            requests = { cpu = "500m", memory = "${max(1, floor(data.coder_parameter.memory.value / 2))}Gi" }
            limits   = { cpu = data.coder_parameter.cpu.value, memory = "${data.coder_parameter.memory.value}Gi" }
          }
          env {
            name  = "CODER_AGENT_TOKEN"
            value = coder_agent.main.token
          }
          env {
            name  = "CODER_AGENT_URL"
            value = data.coder_workspace.me.access_url
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
            value = local.logs
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
            for_each = var.sidecar ? [1] : []
            content {
              name       = "boundary"
              mount_path = "/run/boundary"
            }
          }
          dynamic "volume_mount" {
            for_each = var.sidecar ? [] : local.token_mounts
            content {
              name       = "loki-token"
              mount_path = "/run/secrets/loki"
              read_only  = true
            }
          }
        }

        # Workspaces spread over the nodes.
        affinity {
          pod_anti_affinity {
            preferred_during_scheduling_ignored_during_execution {
              weight = 1
              pod_affinity_term {
                topology_key = "kubernetes.io/hostname"
                label_selector {
                  match_labels = { "app.kubernetes.io/name" = "coder-workspace" }
                }
              }
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
        dynamic "volume" {
          for_each = var.sidecar ? [1] : []
          content {
            name = "boundary"
            empty_dir {}
          }
        }
        dynamic "volume" {
          for_each = var.sidecar ? [1] : []
          content {
            name = "state"
            persistent_volume_claim {
              claim_name = kubernetes_persistent_volume_claim.state[0].metadata[0].name
            }
          }
        }
        dynamic "volume" {
          for_each = local.token_mounts
          content {
            name = "loki-token"
            secret {
              secret_name  = var.loki_token_secret
              default_mode = "0440"
            }
          }
        }
      }
    }
  }

  lifecycle {
    # A running workspace stays as it is until it is stopped and started.
    ignore_changes = all
    precondition {
      condition     = length(local.wrong_rules) == 0
      error_message = "Not rules of Boundary: ${join("; ", local.wrong_rules)}. A rule is method=, domain= and path= with their values, separated by spaces."
    }
  }
}
