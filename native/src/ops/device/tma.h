// Copies by the tensor memory accelerator (sm_90): one thread names a box of a tensor, which arrives in
// shared memory and is counted by a barrier. What lies outside the tensor arrives as zeros.
#pragma once

#include <cuda.h>

#include <cstdint>

namespace ltw::cuda {

// The box at (x, y...), counted in elements of each axis. The map must be a kernel's __grid_constant__
// parameter.
__device__ inline void load_box(uint32_t shared, const CUtensorMap& map, uint32_t barrier, int x, int y) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], "
      "[%2];" ::"r"(shared),
      "l"(&map), "r"(barrier), "r"(x), "r"(y)
      : "memory");
}

__device__ inline void load_box(uint32_t shared, const CUtensorMap& map, uint32_t barrier, int x, int y,
                                int z, int w) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, "
      "%6}], [%2];" ::"r"(shared),
      "l"(&map), "r"(barrier), "r"(x), "r"(y), "r"(z), "r"(w)
      : "memory");
}

// Channels from `channel` on of successive windows' pixels (dx, dy), the first window's corner at (x, y).
__device__ inline void load_pixels(uint32_t shared, const CUtensorMap& map, uint32_t barrier, int channel,
                                   int x, int y, int sample, int dx, int dy) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, {%3, "
      "%4, %5, %6}], [%2], {%7, %8};" ::"r"(shared),
      "l"(&map), "r"(barrier), "r"(channel), "r"(x), "r"(y), "r"(sample), "h"(static_cast<uint16_t>(dx)),
      "h"(static_cast<uint16_t>(dy))
      : "memory");
}

}  // namespace ltw::cuda
