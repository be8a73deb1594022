// SPDX-License-Identifier: MIT
#include "bridge/cli/cli.h"

int main(int argc, char** argv) { return bridge::run_cli(argc, argv); }
