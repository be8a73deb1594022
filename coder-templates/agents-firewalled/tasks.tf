# A workspace that is made as a task, which not every one is: Claude Code gets the task's prompt and runs under one Boundary for the
# session, with the policy of the tool calls. AgentAPI, by which Coder shows it, runs beside it, as the Coder agent does.

data "coder_task" "me" {}

locals {
  task = data.coder_task.me.enabled ? data.coder_workspace.me.start_count : 0

  # No question that nobody would answer.
  claude_json = jsonencode({
    autoUpdaterStatus             = "disabled"
    bypassPermissionsModeAccepted = true
    hasCompletedOnboarding        = true
    projects                      = { "/home/coder" = { hasCompletedProjectOnboarding = true, hasTrustDialogAccepted = true } }
  })
}

module "agentapi" {
  count                = local.task
  source               = "git::https://github.com/coder/registry.git//registry/coder/modules/agentapi?ref=release/coder/agentapi/v2.4.0"
  agent_id             = coder_agent.main.id
  module_dir_name      = ".agentapi-module"
  folder               = "/home/coder"
  web_app_slug         = "claude"
  web_app_display_name = "Claude Code"
  web_app_icon         = "/icon/claude.svg"
  cli_app_slug         = "claude-cli"
  cli_app_display_name = "Claude Code CLI"
  agentapi_subdomain   = var.subdomain
  # Its own way takes sudo. The init container brings the program, or the image has it.
  install_agentapi = false
  install_script   = <<-EOT
    #!/bin/bash
    set -eu
    umask 077
    if [ ! -s ~/.claude.json ]; then echo '${base64encode(local.claude_json)}' | base64 -d >~/.claude.json; fi
    ${module.boundary_loki.claude_hooks_script}
  EOT
  start_script     = <<-EOT
    #!/bin/bash
    # Boundary asks before each request, so Claude Code need not.
    set -eu
    arguments=(--dangerously-skip-permissions)
    prompt=$(echo '${base64encode(data.coder_task.me.prompt)}' | base64 -d)
    if compgen -G "$HOME/.claude/projects/*/*.jsonl" >/dev/null; then
      arguments+=(--continue)
    elif [ -n "$prompt" ]; then
      arguments+=(-- "$prompt")
    fi
    read -ra boundary <<<"$${BOUNDARY_LOKI_BOUNDARY:-$(command -v boundary || echo coder agent-firewall)}"
    exec agentapi server --type claude --port "$2" --term-width 67 --term-height 1190 -- "$${boundary[@]}" -- claude "$${arguments[@]}"
  EOT
}

# The chat that Coder shows beside a task.
resource "coder_ai_task" "claude" {
  count  = local.task
  app_id = module.agentapi[0].task_app_id
}
