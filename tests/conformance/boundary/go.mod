module boundary-loki.invalid/tests/conformance/boundary

go 1.24
