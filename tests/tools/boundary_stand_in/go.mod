module boundary-loki.invalid/tests/tools/boundary_stand_in

go 1.24
