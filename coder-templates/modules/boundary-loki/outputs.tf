output "shim" {
  description = "The text of the `sh` that puts tool calls of Coder Agents under Boundary. Mount it read-only, first on the PATH that the agent is started with."
  value       = file("${path.module}/sh")
}

output "install_script" {
  description = "A script that takes URL, SHA256 and FOLDER: for an init container that installs as root."
  value       = file("${path.module}/scripts/install.sh")
}

output "arguments" {
  description = "What follows the program's name in a container of the daemon's own: see input sidecar."
  value       = concat(["run"], local.arguments)
  precondition {
    condition     = !var.sidecar || (var.binary != "" && var.agent_name != "" && var.state_dir != "")
    error_message = "A sidecar takes binary, agent_name (no variable names it there) and state_dir (there is no home)."
  }
}

# A session may begin before the program is there; a hook that fails would be shown to the user.
locals {
  program = var.binary != "" ? var.binary : "$HOME/.local/bin/boundary-loki"
  hook    = "test ! -x \"${local.program}\" || \"${local.program}\" toolcall hook"

  claude_hooks = {
    for event in [
      "PreToolUse", "PostToolUse", "PostToolUseFailure",
      # What a call that the user refused is over with, of which no other event tells.
      "Stop", "SubagentStop", "UserPromptSubmit", "SessionEnd"
      ] : event => [{
        matcher = "*"
        hooks   = [{ type = "command", command = local.hook, timeout = 5 }]
    }]
  }
}

output "claude_hooks" {
  description = "The `hooks` of Claude Code's settings.json that journal its tool calls; an object, for merging into settings of your own."
  value       = local.claude_hooks
}

output "claude_hooks_script" {
  description = "A piece of shell that adds them to ~/.claude/settings.json, for a script that runs before Claude Code starts: hooks are read once a session."
  value       = "hooks=$(echo '${base64encode(jsonencode({ hooks = local.claude_hooks }))}' | base64 -d)\n${file("${path.module}/scripts/claude_hooks.sh")}"
}

output "scripts" {
  description = "With input sync: the names by which `coder exp sync want` waits for the module's scripts."
  value       = var.sync && !var.sidecar ? [local.unit] : []
}

output "start_script" {
  description = "What the start script runs, for tests."
  value       = var.sync ? local.synced_start_script : local.start_script
}

output "stop_script" {
  description = "What the stop script runs, for tests."
  value       = local.stop_script
}
