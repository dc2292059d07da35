// The one matrix product behind conv2d and linear: rows are output pixels (or tokens), columns are output
// channels, and the sum runs over the window's taps and, within a tap, over the input channels. A linear
// layer is a convolution of 1x1 images by a 1x1 window.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

#include "backend/cuda/cuda_backend.h"
#include "ops/epilogue.h"

namespace ltw::cuda {

// A further product over the output's rows, whose depth follows that of the window's taps.
struct GemmTerm {
  const __half* src;     // [rows, channels], `src_stride` apart
  const __half* weight;  // [columns, packed_channels]
  int64_t src_stride;
  int channels, packed_channels;
};

struct GemmArgs {
  const __half* src;          // [samples, height, width, channels], pixels `src_stride` apart
  const __half* weight;       // [columns, taps, packed_channels]
  const __half* upsampled;    // PackedWeights::upsampled: [4, columns, 2x2 taps, packed_channels], or null
  const float* bias;          // [columns] or null
  const __half* sample_bias;  // [samples, columns], `sample_bias_stride` apart, or null
  const __half* residual;     // like dst, `residual_stride` apart, or null
  __half* dst;                // [rows, columns], `dst_stride` apart; half the columns for GEGLU
  int64_t src_stride, dst_stride, residual_stride, sample_bias_stride;

  int rows, columns, depth;           // depth = taps * packed_channels
  int sample_rows;                    // of one sample: the layer's, whatever the batch
  int channels;                       // of src
  int packed_channels;                // channels rounded up to 8: 16 bytes
  int kernel, stride, pad, upsample;  // upsample: 1 when src is seen at twice its size
  int height, width;                  // of src as it is stored
  int out_width, out_pixels;          // of one sample
  Activation activation;

  static constexpr int kMostTerms = 2;
  GemmTerm terms[kMostTerms];  // computed by the copy engine's kernels alone
  int term_count;
};

inline int packed_channels(int64_t channels) { return static_cast<int>((channels + 7) / 8 * 8); }

// Queues the product on the backend's stream, with the kernel and tile that fit it and the device.
void launch_gemm(const GemmArgs& args, const CudaBackend& backend);

}  // namespace ltw::cuda
