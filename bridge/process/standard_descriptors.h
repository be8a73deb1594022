// SPDX-License-Identifier: MIT
#pragma once

namespace bridge {

/// Opens /dev/null on those of the descriptors 0 to 2 that the process was started without. The
/// next file to be opened would get that number, and with it what is meant for stdout or stderr.
/// A program that this process becomes finds them closed, as they were. Before anything else.
void open_standard_descriptors();

}  // namespace bridge
