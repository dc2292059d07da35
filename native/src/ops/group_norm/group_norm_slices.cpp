#include "ops/group_norm/group_norm_slices.h"

#include <algorithm>
#include <numeric>

namespace ltw {
namespace {

constexpr int64_t kBlockBytes = 48 << 10;  // more blocks a slice until theirs is less

std::optional<GroupNormSlices> divide(int64_t pixels, int64_t slice_channels) {
  GroupNormSlices slices{};
  slices.channels = static_cast<int>(slice_channels);
  int64_t blocks = 1;
  const auto block_bytes = [&] { return (pixels + blocks - 1) / blocks * slice_channels * 2; };
  while (blocks < GroupNormSlices::kMostBlocks && block_bytes() > kBlockBytes) blocks *= 2;
  if (block_bytes() > GroupNormSlices::kMostBlockBytes) return {};
  slices.blocks = static_cast<int>(blocks);
  slices.block_pixels = static_cast<int>((pixels + blocks - 1) / blocks);
  // Whole warps, about 320 threads, and 8 pixels a thread where the block has them.
  const int64_t chunks = slice_channels / 8, step = 32 / std::gcd<int64_t>(chunks, 32);
  const int64_t lanes = std::min<int64_t>(320 / chunks, slices.block_pixels / 8);
  slices.lanes = static_cast<int>(std::max(step, lanes / step * step));
  if (slices.threads() > GroupNormSlices::kMostThreads) return {};
  return slices;
}

}  // namespace

std::optional<GroupNormSlices> group_norm_slices(int64_t pixels, int64_t channels, int64_t groups) {
  const int64_t size = channels / groups;
  if (size < 8 && size != 4) return {};  // a chunk of 8 channels would have more than two groups
  // 64 bytes a pixel where that fits, then whole sectors of 32 bytes, then whole chunks. On an H100, 512
  // channels of 128x128: 171 us with 64 bytes, 188 with 32; 960 of 64x64: 328 us with chunks, 391 in two
  // passes.
  const int64_t sectors = std::lcm<int64_t>(size, 16);
  for (const int64_t width : {sectors >= 32 ? sectors : sectors * 2, sectors, std::lcm<int64_t>(size, 8)}) {
    if (width < 16 || channels % width != 0 || width / size > GroupNormSlices::kMostGroups) continue;
    if (const auto slices = divide(pixels, width)) return slices;
  }
  return {};
}

}  // namespace ltw
