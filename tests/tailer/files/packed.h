// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>
#include <zstd.h>

namespace test_support {

/// `content` as gzip packs it.
inline std::string gzip(std::string_view content) {
    constexpr int kGzipFormat = 16 + MAX_WBITS;
    z_stream stream{};
    if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, 8,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    std::string packed(::deflateBound(&stream, content.size()) + 64, '\0');
    std::string input(content);
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int result = ::deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    ::deflateEnd(&stream);
    if (result != Z_STREAM_END) {
        throw std::runtime_error("deflate");
    }
    return packed;
}

/// `content` as one zstd frame; with a checksum as the zstd tool writes it, or without.
inline std::string zstd(std::string_view content, bool checksum = true) {
    ZSTD_CCtx* context = ::ZSTD_createCCtx();
    ::ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
    std::string packed(::ZSTD_compressBound(content.size()), '\0');
    const std::size_t size =
        ::ZSTD_compress2(context, packed.data(), packed.size(), content.data(), content.size());
    ::ZSTD_freeCCtx(context);
    if (::ZSTD_isError(size) != 0U) {
        throw std::runtime_error("ZSTD_compress2");
    }
    packed.resize(size);
    return packed;
}

}  // namespace test_support
