// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include <dirent.h>

namespace bridge::toolcall {

/// Calls `visit` with each entry's name and the folder's descriptor until it returns false. False
/// if the folder cannot be read.
template <typename Visit>
bool list_folder(const char* path, Visit visit) {
    struct Close {
        void operator()(DIR* folder) const { ::closedir(folder); }
    };
    const std::unique_ptr<DIR, Close> folder(::opendir(path));
    if (!folder) {
        return false;
    }
    const dirent* entry = nullptr;
    while ((entry = ::readdir(folder.get())) != nullptr &&
           visit(static_cast<const char*>(entry->d_name), ::dirfd(folder.get()))) {
    }
    return true;
}

}  // namespace bridge::toolcall
