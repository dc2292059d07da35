// Arguments of the fused attention kernels and the table of their instances.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

#include "backend/cuda/cuda_backend.h"

namespace ltw::cuda {

struct AttentionArgs {
  __half* dst;      // [n, queries, heads * head_size], rows `dst_stride` apart; likewise below; or of e4m3
  const __half* q;  // [n, queries, heads * head_size]
  const __half* k;  // [n, keys, heads * head_size]
  const __half* v;  // [n, keys, heads * head_size]
  int64_t dst_stride, q_stride, k_stride, v_stride;
  int samples, heads, queries, keys;
  int head_size;
  bool causal;
  bool wide;         // the four point to float32
  float scale_log2;  // log2(e) / sqrt(head_size): exp(x) is taken as exp2(log2(e) x)
  float inverse;     // 1 / the scale of a dst of e4m3, which wgmma's kernels alone write; else 0
};

// Whether all rows of all heads are whole 16-byte pieces of memory, as copies want them.
bool in_pieces(const AttentionArgs& args);

// float16. False, and nothing queued, for arguments that the kernels do not take: rows that are not in
// pieces, a head size that is not in their table, a device without the shared memory; for wgmma's also a
// device that is not of compute capability 9.0, and causal attention.
bool launch_attention_wgmma(const AttentionArgs& args, const CudaBackend& backend);
bool launch_attention_mma(const AttentionArgs& args, const CudaBackend& backend);
// Takes everything with heads of at most 512.
void launch_attention_plain(const AttentionArgs& args, const CudaBackend& backend);

}  // namespace ltw::cuda
