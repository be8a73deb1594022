// SPDX-License-Identifier: MIT
// Reads a JSON list of LogQL queries and writes, for each, the offsets at which Grafana's own grammar finds no LogQL.
import { readFileSync } from 'node:fs';
import { parser } from '@grafana/lezer-logql';

const offsets = (query) => {
  const found = [];
  parser.parse(query).iterate({ enter: (node) => void (node.type.isError && found.push(node.from)) });
  return found;
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(offsets)));
