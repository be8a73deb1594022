// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <stdlib.h>

namespace test_support {

/// A fresh folder that goes with all in it.
class TempDir {
public:
    TempDir() : path_((std::filesystem::temp_directory_path() / "boundary-loki-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder");
        }
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file(std::string_view name) const {
        return path_ + "/" + std::string(name);
    }
    /// Appends to a file in the folder, making it when there is none; gives its path.
    std::string append(std::string_view name, std::string_view content) const {
        std::ofstream out(file(name), std::ios::binary | std::ios::app);
        out << content;
        if (!out.flush()) {
            throw std::runtime_error("cannot write " + file(name));
        }
        return file(name);
    }
    /// Removes a file, or a folder with all in it, so that what is made next is another one to
    /// anybody: before Linux 6.13 two files within one tick of the kernel's clock, of 10 ms at
    /// most, have the same time of birth, and often the same inode.
    void remove(std::string_view name) const {
        std::filesystem::remove_all(file(name));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }

private:
    std::string path_;
};

}  // namespace test_support
