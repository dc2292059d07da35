// How the one-pass kernel divides a sample. Follows from the layer's shape alone: the batch has no part in
// it.
#pragma once

#include <cstdint>
#include <optional>

namespace ltw {

struct GroupNormSlices {
  static constexpr int kMostGroups = 16, kMostThreads = 512, kMostBlocks = 8;
  static constexpr int kMostBlockBytes = 208 << 10;  // of 227 KiB, beside the kernel's own tables

  int channels;      // of a slice: whole groups, a multiple of 8
  int blocks;        // thread blocks, one cluster, that share a slice
  int block_pixels;  // the last block's may be fewer
  int lanes;         // pixels that a block's threads, a chunk of 8 channels each, take at a time

  int block_bytes() const { return block_pixels * channels * 2; }
  int threads() const { return channels / 8 * lanes; }
};

// Nothing for shapes that do not fit.
std::optional<GroupNormSlices> group_norm_slices(int64_t pixels, int64_t channels, int64_t groups);

}  // namespace ltw
