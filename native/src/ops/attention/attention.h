// Arguments of the fused attention kernels and the table of their instances.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

#include "backend/cuda/cuda_backend.h"

namespace ltw::cuda {

struct AttentionArgs {
  __half* dst;      // [n, queries, heads * head_size], rows `dst_stride` apart; likewise below
  const __half* q;  // [n, queries, heads * head_size]
  const __half* k;  // [n, keys, heads * head_size]
  const __half* v;  // [n, keys, heads * head_size]
  int64_t dst_stride, q_stride, k_stride, v_stride;
  int samples, heads, queries, keys;
  int head_size;  // a multiple of 8
  bool causal;
  bool wide;         // the four point to float32
  float scale_log2;  // log2(e) / sqrt(head_size): exp(x) is taken as exp2(log2(e) x)
};

// float16. False, and nothing queued, for arguments that the kernels do not take: 16-byte pieces of rows, a
// head size in their table, a device with the shared memory.
bool launch_attention_mma(const AttentionArgs& args, const CudaBackend& backend);
// Takes everything with heads of at most 512.
void launch_attention_plain(const AttentionArgs& args, const CudaBackend& backend);

}  // namespace ltw::cuda
