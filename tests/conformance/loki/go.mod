module boundary-loki.invalid/tests/conformance/loki

go 1.24

require (
	github.com/golang/snappy v1.0.0
	google.golang.org/protobuf v1.36.12
)
