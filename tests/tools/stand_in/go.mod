module boundary-loki.invalid/tests/tools/stand_in

go 1.24
