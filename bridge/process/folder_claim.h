// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/unique_fd.h"

namespace bridge {

/// Who follows a log folder. A daemon announces itself by a socket in the abstract namespace, named
/// after the folder's device and inode: that leaves nothing on disk, needs no right to write there,
/// and ends with the process. It is seen within one network namespace only, and anybody in there
/// may make one, so it is good for a warning and nothing else.
class FolderClaim {
public:
    explicit FolderClaim(std::string folder) : folder_(std::move(folder)) {}

    [[nodiscard]] const std::string& folder() const { return folder_; }

    /// Announces this process, once the folder is there, and again when it is another one. Gives
    /// the processes that have announced themselves beside it; 0 = one that cannot be seen from
    /// here. Never waits.
    [[nodiscard]] std::vector<::pid_t> renew();

private:
    std::string folder_;
    std::string name_;  ///< what it is announced under; empty = it is not
    base::UniqueFd socket_;
    int place_ = -1;
};

/// The processes that have announced themselves for a folder.
[[nodiscard]] std::vector<::pid_t> followers_of(const std::string& folder);

}  // namespace bridge
