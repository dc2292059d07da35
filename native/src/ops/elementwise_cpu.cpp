#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "ops/elementwise.h"

namespace ltw::cpu {
namespace {

// Elements a thread takes at a time: small enough to stay in L1, large enough to hide the loop around it.
constexpr int64_t kBlock = 2048;

template <typename Body>
void for_blocks(int64_t size, const Body& body) {
#pragma omp parallel for schedule(static) if (size > kBlock)
  for (int64_t begin = 0; begin < size; begin += kBlock) body(begin, std::min(begin + kBlock, size));
}

template <typename Pixel>
bool to_pixels(Pixel* dst, const float* src, int64_t size, float scale) {
  bool all_finite = true;
#pragma omp parallel for simd schedule(static) reduction(&& : all_finite)
  for (int64_t i = 0; i < size; ++i) {
    const float value = src[i];
    // A NaN or infinity fails this comparison.
    const bool is_finite = std::fabs(value) <= 3.402823466e+38f;
    all_finite = all_finite && is_finite;
    const float unit = std::min(std::max((value + 1.0f) / 2.0f, 0.0f), 1.0f);
    dst[i] = is_finite ? static_cast<Pixel>(unit * scale) : Pixel{0};
  }
  return all_finite;
}

}  // namespace

void weighted_sum(const Tensor& dst, const std::vector<Term>& terms, Context& ctx) {
  ctx.submit([=] {
    for_blocks(dst.shape.size(), [&](int64_t begin, int64_t end) {
      // Sums in double cost nothing next to the memory traffic and make sampler steps exact to one rounding.
      std::array<double, kBlock> sum{};
      for (const auto& [coefficient, src] : terms) {
        const float* x = src.f32() + begin;
        for (int64_t i = 0; i < end - begin; ++i) sum[i] += coefficient * x[i];
      }
      float* y = dst.f32() + begin;
      for (int64_t i = 0; i < end - begin; ++i) y[i] = static_cast<float>(sum[i]);
    });
  });
}

void convert(const Tensor& dst, const Tensor& src, double scale, Context& ctx) {
  ctx.submit([=] {
    const float factor = static_cast<float>(scale);
    const int64_t size = src.shape.size();
    for (float* to = dst.f32(); to < dst.f32() + dst.shape.size(); to += size) {
      for_blocks(size, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) to[i] = factor * src.f32()[i];
      });
    }
  });
}

// Two passes: a latent stays in the cache.
void sampler_step(const Tensor& dst, const std::vector<Term>& terms, const Tensor& converted, double scale,
                  Context& ctx) {
  cpu::weighted_sum(dst, terms, ctx);
  cpu::convert(converted, dst, scale, ctx);
}

void broadcast(const Tensor& dst, const Tensor& src, Context& ctx) {
  ctx.submit([=] {
    constexpr int64_t kPiece = 1 << 20;  // one thread does not fill the memory's bus
    const int64_t bytes = src.bytes();
    for (int64_t n = 0; n < dst.shape[0]; ++n) {
#pragma omp parallel for if (bytes > kPiece)
      for (int64_t at = 0; at < bytes; at += kPiece) {
        std::memcpy(dst.as<char>() + n * bytes + at, src.as<char>() + at,
                    static_cast<size_t>(std::min(kPiece, bytes - at)));
      }
    }
  });
}

void embed_tokens(const Tensor& dst, const Tensor& ids, const Tensor& token_table,
                  const Tensor& position_table, Context& ctx) {
  ctx.submit([=] {
    for (int64_t row = 0; row < dst.rows(); ++row) {
      const int64_t id = ids.as<int32_t>()[row];
      ensure(id >= 0 && id < token_table.rows(), "token ", id, " is not in the vocabulary");
      const float* token = token_table.f32() + id * token_table.row_stride;
      const float* position = position_table.f32() + row % dst.shape[1] * position_table.row_stride;
      float* y = dst.f32() + row * dst.row_stride;
      for (int64_t c = 0; c < dst.channels(); ++c) y[c] = token[c] + position[c];
    }
  });
}

void image_to_pixels(const Tensor& dst, const Tensor& src, const Tensor& finite, Context& ctx) {
  ctx.submit([=] {
    const int64_t size = dst.shape.size();
    const bool all_finite = dst.dtype == DType::kU8
                                ? to_pixels(dst.as<uint8_t>(), src.f32(), size, 255.0f)
                                : to_pixels(dst.as<uint16_t>(), src.f32(), size, 65025.0f);
    if (!all_finite) *finite.as<int32_t>() = 0;
  });
}

}  // namespace ltw::cpu
