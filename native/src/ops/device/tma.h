// Copies by the tensor memory accelerator (sm_90): one thread names a box of a tensor, which arrives in shared
// memory and is counted by a barrier. What lies outside the tensor arrives as zeros.
#pragma once

#include <cuda.h>

#include <cstdint>

namespace ltw::cuda {

// The map must be a kernel's __grid_constant__ parameter.
__device__ inline void prefetch(const CUtensorMap& map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}

// `blocks`: a bit for each block of the cluster that receives the box, at the same address in its own shared
// memory and counted by its own barrier; 0 for this block alone.
__device__ inline void load_box(uint32_t shared, const CUtensorMap& map, uint32_t barrier, int x, int y,
                                uint16_t blocks) {
  if (blocks == 0) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], "
        "[%2];" ::"r"(shared),
        "l"(&map), "r"(barrier), "r"(x), "r"(y)
        : "memory");
  } else {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
        "[%0], [%1, {%3, %4}], [%2], %5;" ::"r"(shared),
        "l"(&map), "r"(barrier), "r"(x), "r"(y), "h"(blocks)
        : "memory");
  }
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
                                   int x, int y, int sample, int dx, int dy, uint16_t blocks) {
  if (blocks == 0) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, {%3, "
        "%4, %5, %6}], [%2], {%7, %8};" ::"r"(shared),
        "l"(&map), "r"(barrier), "r"(channel), "r"(x), "r"(y), "r"(sample),
        "h"(static_cast<uint16_t>(dx)), "h"(static_cast<uint16_t>(dy))
        : "memory");
  } else {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes"
        ".multicast::cluster [%0], [%1, {%3, %4, %5, %6}], [%2], {%7, %8}, %9;" ::"r"(shared),
        "l"(&map), "r"(barrier), "r"(channel), "r"(x), "r"(y), "r"(sample),
        "h"(static_cast<uint16_t>(dx)), "h"(static_cast<uint16_t>(dy)), "h"(blocks)
        : "memory");
  }
}

}  // namespace ltw::cuda
