// kWidth values moved as few accesses of up to 16 bytes and seen as floats; 8 float16 are one.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace ltw::cuda {

__device__ inline float to_float(float x) { return x; }
__device__ inline float to_float(__half x) { return __half2float(x); }
__device__ inline float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }
// Rounded to the type of `to`.
__device__ inline void assign(float& to, float x) { to = x; }
__device__ inline void assign(__half& to, float x) { to = __float2half_rn(x); }

template <typename T, int kWidth>
struct alignas(sizeof(T) * kWidth < 16 ? sizeof(T) * kWidth : 16) Pack {
  T values[kWidth];
};

template <int kWidth, typename T>
__device__ inline Pack<T, kWidth> load_pack(const T* from) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(from);
}

template <typename T, int kWidth>
__device__ inline void unpack(float (&out)[kWidth], const Pack<T, kWidth>& pack) {
#pragma unroll
  for (int i = 0; i < kWidth; ++i) out[i] = to_float(pack.values[i]);
}

template <typename T, int kWidth>
__device__ inline void load(float (&out)[kWidth], const T* from) {
  unpack(out, load_pack<kWidth>(from));
}

template <typename T, int kWidth>
__device__ inline void store(T* to, const float (&values)[kWidth]) {
  Pack<T, kWidth> pack;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) assign(pack.values[i], values[i]);
  *reinterpret_cast<Pack<T, kWidth>*>(to) = pack;
}

}  // namespace ltw::cuda
