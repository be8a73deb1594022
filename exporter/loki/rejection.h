// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "exporter/loki/batch.h"

namespace exporter {

/// What a 400 tells of the entries of its batch, which is oldest first. Both counts are of the
/// oldest entries; 0 = Loki's text does not single any out, and only trying parts of the batch
/// can.
struct Refused {
    std::size_t for_good = 0;  ///< will never be taken
    std::size_t behind = 0;    ///< too far behind this stream's newest; another stream takes them
};

/// `reason` is rejection_reason() of `body`.
[[nodiscard]] Refused refused_entries(const SealedBatch& batch, std::string_view reason,
                                      std::string_view body);

}  // namespace exporter
