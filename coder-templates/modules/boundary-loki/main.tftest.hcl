# Run by `tofu test` (or `terraform test`) in this folder; needs no Coder.

variables {
  agent_id = "8d1f0f9e-1111-4000-8000-000000000001"
  loki_url = "https://loki.example"
  binary   = "/usr/bin/boundary-loki"
}

run "defaults" {
  command = plan

  assert {
    condition     = coder_script.start[0].run_on_start && !coder_script.start[0].start_blocks_login && coder_script.stop[0].run_on_stop
    error_message = "It starts with the workspace, holds up no login, and stops with it."
  }
  assert {
    condition     = strcontains(coder_script.start[0].script, "'--loki-url=https://loki.example'") && strcontains(coder_script.start[0].script, "binary='/usr/bin/boundary-loki'")
    error_message = "The inputs reach the start script."
  }
  assert {
    condition     = strcontains(coder_script.start[0].script, "'--namespace=coder-workspaces'")
    error_message = "Dashboards select by the namespace."
  }
  assert {
    condition     = strcontains(coder_script.start[0].script, " run --supervise ")
    error_message = "It supervises itself."
  }
}

run "values_mean_nothing_to_the_shell" {
  command = plan
  variables {
    labels = { team = "it's $HOME `id`" }
  }
  assert {
    condition     = strcontains(coder_script.start[0].script, "'--label=team=it'\\''s $HOME `id`'")
    error_message = "Every value is quoted."
  }
}

run "token_is_a_file" {
  command = plan
  variables {
    bearer_token_file = "/run/secrets/loki/token"
    tenant            = "coder"
  }
  assert {
    condition     = strcontains(coder_script.start[0].script, "'--bearer-token-file=/run/secrets/loki/token'") && strcontains(coder_script.start[0].script, "'--tenant=coder'")
    error_message = "The token's path and the tenant reach the daemon."
  }
}

run "neither_archive_nor_binary" {
  command = plan
  variables {
    binary = ""
  }
  expect_failures = [coder_script.start]
}

run "archive_without_checksum" {
  command = plan
  variables {
    binary      = ""
    archive_url = "https://files.example/boundary-loki.tar.gz"
  }
  expect_failures = [coder_script.start]
}

run "user_in_the_address" {
  command = plan
  variables {
    loki_url = "https://joe:hush@loki.example"
  }
  expect_failures = [var.loki_url]
}

run "name_that_is_no_label" {
  command = plan
  variables {
    labels = { "a-b" = "1" }
  }
  expect_failures = [var.labels]
}

run "hooks_and_shim" {
  command = plan
  assert {
    condition     = length(setsubtract(["PreToolUse", "PostToolUse", "PostToolUseFailure"], keys(output.claude_hooks))) == 0
    error_message = "Claude Code's hooks are around a tool call."
  }
  assert {
    condition     = strcontains(output.shim, "toolcall exec")
    error_message = "The shim puts tool calls under Boundary."
  }
}

run "others_can_wait_for_it" {
  command = plan
  variables {
    sync = true
  }
  assert {
    condition     = output.scripts == tolist(["boundary-loki-start_script"]) && strcontains(coder_script.start[0].script, "coder exp sync complete boundary-loki-start_script\n")
    error_message = "The script is a unit of `coder exp sync`."
  }
}

run "nobody_waits_unless_that_is_asked_for" {
  command = plan
  assert {
    condition     = length(output.scripts) == 0 && !strcontains(coder_script.start[0].script, "exp sync")
    error_message = "The start runs no program of the agent's PATH."
  }
}

run "sidecar" {
  command = plan
  variables {
    sidecar    = true
    agent_name = "main"
    state_dir  = "/var/lib/boundary-loki/state"
  }
  assert {
    condition     = length(coder_script.start) == 0 && length(coder_script.stop) == 0
    error_message = "The container starts the daemon, no script."
  }
  assert {
    condition     = output.arguments[0] == "run" && contains(output.arguments, "--state-dir=/var/lib/boundary-loki/state") && contains(output.arguments, "--namespace=coder-workspaces")
    error_message = "The inputs are the container's arguments."
  }
  assert {
    condition     = strcontains(output.claude_hooks.PreToolUse[0].hooks[0].command, "/usr/bin/boundary-loki")
    error_message = "The hooks run the program that is there."
  }
}

run "sidecar_without_a_state" {
  command = plan
  variables {
    sidecar    = true
    agent_name = "main"
  }
  expect_failures = [output.arguments]
}
