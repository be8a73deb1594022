locals {
  name   = "coder-${data.coder_workspace.me.id}"
  labels = { "app.kubernetes.io/name" = "coder-workspace", "app.kubernetes.io/instance" = local.name, "app.kubernetes.io/part-of" = "coder" }
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
        container {
          name    = "workspace"
          image   = var.image
          command = ["/bin/sh", "-c", coder_agent.main.init_script]
          security_context {
            allow_privilege_escalation = var.sudo
            capabilities {
              drop = var.sudo ? [] : ["ALL"]
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

  lifecycle {
    # A running workspace stays as it is until it is stopped and started.
    ignore_changes = all
    precondition {
      condition     = length(local.wrong_rules) == 0
      error_message = "Not rules of Boundary: ${join("; ", local.wrong_rules)}. A rule is method=, domain= and path= with their values, separated by spaces."
    }
  }
}
