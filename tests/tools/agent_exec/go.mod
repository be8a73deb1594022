module boundary-loki.invalid/tests/tools/agent_exec

go 1.24
