terraform {
  required_version = ">= 1.3"
  required_providers {
    coder = {
      source  = "coder/coder"
      version = ">= 2.5"
    }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

locals {
  flags = merge(
    {
      "loki-url"          = var.loki_url
      "tenant"            = var.tenant
      "username"          = var.username
      "password-file"     = var.password_file
      "bearer-token-file" = var.bearer_token_file
      "ca-cert"           = var.ca_cert
      "client-cert"       = var.client_cert
      "client-key"        = var.client_key
      # No variable of the workspace has the template's id and name; the workspace's own only newer agents set.
      "owner"           = data.coder_workspace_owner.me.name
      "workspace"       = data.coder_workspace.me.name
      "workspace-id"    = data.coder_workspace.me.id
      "template"        = data.coder_workspace.me.template_name
      "template-id"     = data.coder_workspace.me.template_id
      "agent"           = var.agent_name
      "namespace"       = var.namespace
      "metrics-address" = var.metrics_address
      "journal-dir"     = var.journal_dir
      "log-level"       = var.log_level
      "state-dir"       = var.state_dir
    },
  )
  arguments = concat(
    [for name, value in local.flags : "--${name}=${value}" if value != ""],
    [for folder in var.log_dirs : "--log-dir=${folder}"],
    [for name, value in var.labels : "--label=${name}=${value}"],
  )

  # Nothing in a value means anything to the shell.
  settings = {
    archive_url    = var.archive_url
    archive_sha256 = var.archive_sha256
    binary         = var.binary
    install_script = file("${path.module}/scripts/install.sh")
  }
  quoted_settings = [for name, value in local.settings : "${name}='${replace(value, "'", "'\\''")}'"]
  quoted_flags    = [for argument in local.arguments : "'${replace(argument, "'", "'\\''")}'"]

  stop_script = join("\n", concat(
    ["#!/bin/sh"],
    [for name in ["supervisor", "stop"] : file("${path.module}/scripts/${name}.sh")],
  ))
  start_script = join("\n", concat(
    ["#!/bin/sh"],
    local.quoted_settings,
    ["set -- ${join(" ", local.quoted_flags)}"],
    [for name in ["supervisor", "start"] : file("${path.module}/scripts/${name}.sh")],
  ))

  # For scripts that wait for this one. What the start script does to its environment stays within it.
  unit = "boundary-loki-start_script"
  synced_start_script = join("\n", [
    "#!/bin/sh",
    "coder exp sync start ${local.unit}",
    "(",
    local.start_script,
    ")",
    "status=$?",
    "coder exp sync complete ${local.unit}",
    "exit $status",
  ])
}

resource "coder_script" "start" {
  count              = var.sidecar ? 0 : 1
  agent_id           = var.agent_id
  display_name       = "Boundary decisions to Loki"
  icon               = "/icon/grafana.svg"
  script             = var.sync ? local.synced_start_script : local.start_script
  run_on_start       = true
  start_blocks_login = false
  timeout            = 300

  lifecycle {
    precondition {
      condition     = (var.binary != "") != (var.archive_url != "")
      error_message = "Give either archive_url (with archive_sha256) or binary, and not both."
    }
    precondition {
      condition     = var.binary != "" || can(regex("^[0-9a-f]{64}$", var.archive_sha256))
      error_message = "archive_sha256 is the archive's SHA-256: 64 hex digits, as in the .sha256 file beside it."
    }
  }
}

resource "coder_script" "stop" {
  count        = var.sidecar ? 0 : 1
  agent_id     = var.agent_id
  display_name = "Boundary decisions to Loki: last flush"
  icon         = "/icon/grafana.svg"
  script       = local.stop_script
  run_on_stop  = true
  timeout      = 20
}
