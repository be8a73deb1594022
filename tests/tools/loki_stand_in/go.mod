module boundary-loki.invalid/tests/tools/loki_stand_in

go 1.24

require (
	github.com/golang/snappy v1.0.0
	google.golang.org/protobuf v1.36.12
	gopkg.in/yaml.v3 v3.0.1
)
