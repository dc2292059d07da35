// Philox4x32-10 (Salmon et al. 2011), the generator of torch's CUDA noise; on the host and in kernels.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define LTW_EVERYWHERE __host__ __device__
#else
#define LTW_EVERYWHERE
#endif

namespace ltw {

struct PhiloxWords {
  uint32_t at[4];
  bool operator==(const PhiloxWords&) const = default;
};

LTW_EVERYWHERE inline PhiloxWords philox(const PhiloxWords& from, uint64_t key) {
  PhiloxWords counter = from;
  uint32_t key0 = static_cast<uint32_t>(key), key1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter.at[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter.at[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter.at[1] ^ key0, static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter.at[3] ^ key1, static_cast<uint32_t>(product0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

// The bits of value `index` of torch's draw `draw` after manual_seed(seed): every value has a counter of its
// own, and every draw counts on by one.
LTW_EVERYWHERE inline PhiloxWords torch_bits(uint64_t seed, uint64_t draw, int64_t index) {
  return philox({static_cast<uint32_t>(draw), static_cast<uint32_t>(draw >> 32), static_cast<uint32_t>(index),
                 static_cast<uint32_t>(index >> 32)},
                seed);
}

// 32 bits as curand's Box-Muller takes them: u in (0, 1] and v in (0, 2 pi].
constexpr float kInverse2Pow32 = 2.3283064e-10f;
constexpr float kTurnInverse2Pow32 = kInverse2Pow32 * 6.2831855f;

}  // namespace ltw
