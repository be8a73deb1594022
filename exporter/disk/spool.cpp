// SPDX-License-Identifier: MIT
#include "exporter/disk/spool.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <protozero/exception.hpp>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/durable_file.h"
#include "base/nanoseconds.h"
#include "base/own_file.h"
#include "exporter/loki/push_request.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".push.zst";
constexpr std::size_t kSequenceDigits = 20;
/// A batch is some hundred KiB; a frame that claims more than this is damaged.
constexpr unsigned long long kLargestRequest = 64ULL << 20U;

/// What a file of this size takes on disk: a segment may be of one entry.
std::uint64_t in_blocks(std::uint64_t bytes) {
    constexpr std::uint64_t kBlock = 4096;  // ext4, XFS and tmpfs
    return (bytes + kBlock - 1) / kBlock * kBlock;
}

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};

base::Result<std::string> compress(std::string_view data) {
    const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(::ZSTD_createCCtx());
    ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string out(::ZSTD_compressBound(data.size()), '\0');
    const std::size_t size =
        ::ZSTD_compress2(context.get(), out.data(), out.size(), data.data(), data.size());
    if (::ZSTD_isError(size) != 0U) {
        return base::failure(std::string("cannot compress: ") + ::ZSTD_getErrorName(size));
    }
    out.resize(size);
    return out;
}

base::Result<std::string> decompress(std::string_view frame) {
    const unsigned long long size = ::ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        size > kLargestRequest) {
        return base::failure("no zstd frame of ours");
    }
    std::string out(size, '\0');
    const std::size_t got = ::ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
    if (::ZSTD_isError(got) != 0U || got != out.size()) {
        return base::failure("damaged zstd frame");
    }
    return out;
}

struct Request {
    std::string labels;
    std::string entries;
};

/// The whole content is checked, so that nothing read from the disk can surprise later.
base::Result<Request> parse(const std::string& request) {
    try {
        auto [labels, entries] = decode_push_request(request);
        if (!labels.empty() && !decode_entries(entries).empty()) {
            return Request{std::string(labels), std::move(entries)};
        }
    } catch (const protozero::exception&) {  // the checksum held, the content is not ours
    }
    return base::failure("no push request of ours");
}

base::Result<Request> read_request(const std::string& path) {
    return base::read_own(path, kLargestRequest)
        .map_error([](base::Error error) {
            error.code = error.code == EFBIG ? 0 : error.code;  // no read of it will do better
            return error;
        })
        .and_then([](const std::string& frame) { return decompress(frame); })
        .and_then(parse);
}

std::int64_t written_at(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0
               ? info.st_mtim.tv_sec * base::kNanosPerSecond + info.st_mtim.tv_nsec
               : 0;
}

std::uint64_t sequence_of(std::string_view name) {
    std::uint64_t sequence = 0;
    if (name.size() == kSequenceDigits + kSuffix.size() && name.ends_with(kSuffix)) {
        const char* end = name.data() + kSequenceDigits;
        const auto [stop, code] = std::from_chars(name.data(), end, sequence);
        if (code != std::errc{} || stop != end) {
            return 0;
        }
    }
    return sequence;
}

}  // namespace

base::Result<Spool> Spool::open(std::string folder, std::uint64_t max_bytes) {
    if (auto made = base::make_own_folder(folder); !made) {
        return tl::unexpected(made.error());
    }
    Spool spool(std::move(folder), max_bytes);
    spool.find_segments();
    return spool;
}

void Spool::find_segments() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
        const std::string path = entry.path().string();
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".tmp")) {
            if (base::open_own(path, O_RDONLY)) {
                ::unlink(path.c_str());
            }
            continue;
        }
        const std::uint64_t sequence = sequence_of(name);
        if (sequence == 0) {
            continue;
        }
        next_sequence_ = std::max(next_sequence_, sequence + 1);
        if (const auto ours = base::open_own(path, O_RDONLY); !ours && ours.error().code == 0) {
            refused_.push_back(ours.error().message);
            continue;
        }
        const auto request = read_request(path);
        if (request || request.error().code != 0) {
            Segment segment{sequence, "", in_blocks(entry.file_size(ignored)), written_at(path)};
            bytes_ += segment.disk_bytes;
            ++count_;
            if (request) {
                segment.labels = request->labels;
                segment.holds = holdings_of(request->labels, request->entries);
            }
            (request ? found_ : unreadable_).push_back(std::move(segment));
            continue;
        }
        fs::rename(path, path + ".damaged", ignored);
        damaged_.push_back(name);
    }
    std::ranges::sort(found_, {}, &Segment::sequence);
}

std::string Spool::path_of(std::uint64_t sequence) const {
    std::string digits = std::to_string(sequence);
    digits.insert(0, kSequenceDigits - digits.size(), '0');
    return folder_ + "/" + digits + std::string(kSuffix);
}

base::Result<Spool::Segment> Spool::add(std::string_view labels, std::string_view entries,
                                        std::span<const SealedBatch::Slot> slots) {
    return add(labels, entries, slots, max_bytes_);
}

base::Result<Spool::Segment> Spool::add_moved(std::string_view labels, std::string_view entries) {
    return add(labels, entries, {}, UINT64_MAX);
}

base::Result<Spool::Segment> Spool::add(std::string_view labels, std::string_view entries,
                                        std::span<const SealedBatch::Slot> slots,
                                        std::uint64_t max_bytes) {
    const auto frame = compress(push_request(labels, entries));
    if (!frame) {
        return tl::unexpected(frame.error());
    }
    const std::uint64_t disk_bytes = in_blocks(frame->size());
    if (max_bytes < disk_bytes || bytes_ > max_bytes - disk_bytes) {
        return base::failure("spool is at its cap of " + std::to_string(max_bytes) + " bytes",
                             ENOSPC);
    }
    Segment segment{next_sequence_, std::string(labels), disk_bytes, 0,
                    holdings_of(labels, entries, slots)};
    if (auto written = base::replace_durably(path_of(segment.sequence), *frame); !written) {
        return tl::unexpected(written.error());
    }
    ++next_sequence_;
    bytes_ += segment.disk_bytes;
    ++count_;
    return segment;
}

base::Result<std::string> Spool::load(const Segment& segment) const {
    const std::string path = path_of(segment.sequence);
    if (const auto ours = base::open_own(path, O_RDONLY); !ours) {
        // What stands there now is no segment; ours may come back.
        return base::failure(ours.error().message,
                             ours.error().code == 0 ? ESTALE : ours.error().code);
    }
    auto request = read_request(path);
    if (!request) {
        return base::failure(path + ": " + request.error().message, request.error().code);
    }
    return std::move(request->entries);
}

void Spool::remove(const Segment& segment) {
    ::unlink(path_of(segment.sequence).c_str());
    forget(segment);
}

void Spool::set_aside(const Segment& segment) {
    const std::string path = path_of(segment.sequence);
    ::rename(path.c_str(), (path + ".damaged").c_str());
    forget(segment);
}

void Spool::forget(const Segment& segment) {
    bytes_ -= std::min(bytes_, segment.disk_bytes);
    count_ -= count_ > 0 ? 1 : 0;
}

}  // namespace exporter
