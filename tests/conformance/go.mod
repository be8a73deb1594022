module boundary-loki.invalid/tests/conformance

go 1.24
