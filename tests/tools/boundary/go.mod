module boundary-loki.invalid/tests/tools/boundary

go 1.25.9

require github.com/coder/boundary v0.9.0
