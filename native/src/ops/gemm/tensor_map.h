// What the copy engine must know of a tensor, as a kernel's parameter.
#pragma once

#include <cuda.h>
#include <cuda_fp16.h>

#include <array>
#include <cstdint>

namespace ltw::cuda {

struct TensorAxis {
  int64_t size;
  int64_t stride;  // in elements, a multiple of 16 bytes; unused for the first axis, where it is 1
  int box;
};

// Boxes lie in shared memory as rows, of 128, 64 or 32 bytes with a swizzle of as many.
CUtensorMap tensor_map(const __half* data, const TensorAxis* axes, int count);
CUtensorMap tensor_map(const float* data, const TensorAxis* axes, int count);

// Pixels of [samples, height, width, channels] as a window's corner passes over them.
struct WindowGeometry {
  int64_t channels, width, height, samples;
  int64_t pixel_stride;
  int stride, pad_begin;
  int out_width, out_height;
  int pixels;  // a box's
};

CUtensorMap window_map(const __half* data, const WindowGeometry& g);

}  // namespace ltw::cuda
