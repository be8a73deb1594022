# SPDX-License-Identifier: MIT
"""check_schema.py SCHEMA: says how the JSON texts on stdin, one a line, break the schema, or that the schema is none."""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
texts = [json.loads(line) for line in sys.stdin]
broken = [f"{error.json_path}: {error.message}" for text in texts for error in validator.iter_errors(text)]
print("\n".join(broken) if texts else "no text")
