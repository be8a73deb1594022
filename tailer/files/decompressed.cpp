// SPDX-License-Identifier: MIT
#include "tailer/files/decompressed.h"

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tailer/files/archive_kind.h"

namespace tailer {
namespace {

constexpr std::size_t kChunkBytes = 128U << 10U;

base::Result<base::UniqueFd> unnamed_file() {
    std::error_code code;
    const std::string folder = std::filesystem::temp_directory_path(code).string();
    if (code) {
        return base::failure("no folder for temporary files: " + code.message(), code.value());
    }
    base::UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd.valid()) {
        return fd;
    }
    std::string name = folder + "/boundary-loki-XXXXXX";
    fd = base::UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd.valid()) {
        return base::system_failure("cannot make a temporary file in", folder);
    }
    ::unlink(name.c_str());
    return fd;
}

bool write_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        const ::ssize_t written = ::write(fd, data, size);
        if (written < 0) {
            return false;
        }
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

base::Result<void> unpack_gzip(int from, int to, std::string_view name) {
    struct Close {
        void operator()(gzFile file) const { ::gzclose(file); }
    };
    const int own = ::dup(from);  // gzclose closes it
    const std::unique_ptr<gzFile_s, Close> file(::gzdopen(own, "rb"));
    if (!file) {
        ::close(own);
        return base::failure("cannot open gzip file " + std::string(name));
    }
    std::array<char, kChunkBytes> chunk{};
    while (true) {
        const int got = ::gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
        int code = Z_OK;
        ::gzerror(file.get(), &code);
        if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
            return base::failure("damaged or cut gzip file " + std::string(name));
        }
        if (got == 0) {
            return {};
        }
        if (::gzdirect(file.get()) != 0) {
            return base::failure("not a gzip file: " + std::string(name));
        }
        if (!write_all(to, chunk.data(), static_cast<std::size_t>(got))) {
            return base::system_failure("cannot unpack", name);
        }
    }
}

base::Result<void> unpack_zstd(int from, int to, std::string_view name) {
    struct Free {
        void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
    };
    const std::unique_ptr<ZSTD_DCtx, Free> context(::ZSTD_createDCtx());
    std::array<char, kChunkBytes> packed{};
    std::array<char, kChunkBytes> plain{};
    std::size_t pending = 0;
    while (true) {
        const ::ssize_t got = ::read(from, packed.data(), packed.size());
        if (got < 0) {
            return base::system_failure("cannot read", name);
        }
        if (got == 0) {
            break;
        }
        ZSTD_inBuffer in{packed.data(), static_cast<std::size_t>(got), 0};
        while (in.pos < in.size) {
            ZSTD_outBuffer out{plain.data(), plain.size(), 0};
            pending = ::ZSTD_decompressStream(context.get(), &out, &in);
            if (::ZSTD_isError(pending) != 0U) {
                return base::failure("damaged zstd file " + std::string(name));
            }
            if (!write_all(to, plain.data(), out.pos)) {
                return base::system_failure("cannot unpack", name);
            }
        }
    }
    if (pending != 0) {
        return base::failure("cut zstd file " + std::string(name));
    }
    return {};
}

}  // namespace

base::Result<base::UniqueFd> decompressed(base::UniqueFd file, std::string_view name) {
    const bool gzip = name.ends_with(".gz");
    if (!gzip && !name.ends_with(".zst")) {
        return file;
    }
    auto plain = unnamed_file();
    if (!plain) {
        return plain;
    }
    const auto unpacked = gzip ? unpack_gzip(file.get(), plain->get(), name)
                               : unpack_zstd(file.get(), plain->get(), name);
    if (!unpacked) {
        return tl::unexpected(unpacked.error());
    }
    if (const auto kind = archive_kind(plain->get()); !kind.empty()) {
        return base::failure(std::string(name) + " holds no log but a " + std::string(kind) +
                             " archive; unpack it first");
    }
    return plain;
}

}  // namespace tailer
