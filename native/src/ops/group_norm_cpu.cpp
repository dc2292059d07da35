#include <omp.h>

#include <algorithm>
#include <cmath>

#include "ops/group_norm.h"
#include "ops/simd_cpu.h"

namespace ltw::cpu {
namespace {

// Pixels of one partial statistic. Its second pass finds them in the cache (640 KiB at 2560 channels), and
// the split does not depend on the number of threads, so neither do the bits.
constexpr int64_t kChunk = 64;

struct Moments {
  double mean, m2;  // m2: sum of squared distances from the mean
};

struct Problem {
  Tensor dst, src, src2;
  bool joined;
  const float *gamma, *beta;
  GroupNormParams params;
  int64_t samples, pixels, channels, chunks;
  Tensor moments;  // [samples, chunks, groups] Moments
  Tensor scratch;  // [threads, 3, channels]

  int64_t group_size() const { return channels / params.groups; }
  Moments* moments_of(int64_t sample, int64_t chunk) const {
    return moments.as<Moments>() + (sample * chunks + chunk) * params.groups;
  }
  float* thread_scratch() const { return scratch.f32() + omp_get_thread_num() * 3 * channels; }

  // Calls body(row, first channel, count) for the row's part in each source.
  template <typename Body>
  void for_parts(int64_t pixel, const Body& body) const {
    body(src.f32() + pixel * src.row_stride, int64_t{0}, src.channels());
    if (joined) body(src2.f32() + pixel * src2.row_stride, src.channels(), src2.channels());
  }
};

double sum(const float* x, int64_t count) {
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t i = 0; i < count; ++i) total += x[i];
  return total;
}

// Two passes over the chunk: the plain mean first, then the moments about it, so that a mean far from zero
// costs no digits of the variance.
void chunk_moments(const Problem& p, int64_t sample, int64_t chunk) {
  const int64_t begin = sample * p.pixels + chunk * kChunk;
  const int64_t end = sample * p.pixels + std::min((chunk + 1) * kChunk, p.pixels);
  const int64_t size = p.group_size();
  const double count = static_cast<double>((end - begin) * size);
  float* shift = p.thread_scratch();
  float* first = shift + p.channels;
  float* second = first + p.channels;
  std::fill_n(first, p.channels, 0.0f);
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    p.for_parts(pixel, [&](const float* x, int64_t at, int64_t channels) {
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) first[at + c] += x[c];
    });
  }
  for (int64_t g = 0; g < p.params.groups; ++g) {
    std::fill_n(shift + g * size, size, static_cast<float>(sum(first + g * size, size) / count));
  }
  std::fill_n(first, 2 * p.channels, 0.0f);
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    p.for_parts(pixel, [&](const float* x, int64_t at, int64_t channels) {
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        const float distance = x[c] - shift[at + c];
        first[at + c] += distance;
        second[at + c] += distance * distance;
      }
    });
  }
  Moments* moments = p.moments_of(sample, chunk);
  for (int64_t g = 0; g < p.params.groups; ++g) {
    const double offset = sum(first + g * size, size) / count;
    moments[g] = {shift[g * size] + offset, sum(second + g * size, size) - count * offset * offset};
  }
}

// Chan, Golub, LeVeque: adds the chunks' moments in their order. Leaves the result in chunk 0.
void merge_moments(const Problem& p, int64_t sample) {
  Moments* total = p.moments_of(sample, 0);
  for (int64_t chunk = 1; chunk < p.chunks; ++chunk) {
    const Moments* part = p.moments_of(sample, chunk);
    const double before = static_cast<double>(chunk * kChunk);
    const double pixels = static_cast<double>(std::min(kChunk, p.pixels - chunk * kChunk));
    for (int64_t g = 0; g < p.params.groups; ++g) {
      const double distance = part[g].mean - total[g].mean;
      total[g].mean += distance * pixels / (before + pixels);
      total[g].m2 += part[g].m2 + distance * distance * before * pixels / (before + pixels) *
                                      static_cast<double>(p.group_size());
    }
  }
}

LTW_WIDE void normalise(float* y, const float* x, const float* mean, const float* scale, const float* shift,
                        int64_t channels) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) y[c] = std::fma(x[c] - mean[c], scale[c], shift[c]);
}

LTW_WIDE void normalise_silu(float* y, const float* x, const float* mean, const float* scale,
                             const float* shift, int64_t channels) {
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) y[c] = silu(std::fma(x[c] - mean[c], scale[c], shift[c]));
}

void normalise_chunk(const Problem& p, int64_t sample, int64_t chunk) {
  const int64_t begin = sample * p.pixels + chunk * kChunk;
  const int64_t end = sample * p.pixels + std::min((chunk + 1) * kChunk, p.pixels);
  const int64_t size = p.group_size();
  float* mean = p.thread_scratch();
  float* scale = mean + p.channels;
  float* shift = scale + p.channels;
  for (int64_t g = 0; g < p.params.groups; ++g) {
    const Moments& moments = p.moments_of(sample, 0)[g];
    const double variance = moments.m2 / static_cast<double>(p.pixels * size);
    const float inverse = static_cast<float>(1.0 / std::sqrt(variance + p.params.eps));
    // What rounding takes from the mean goes into the shift: at a mean of 1e5 deviations it is 0.4 % of one.
    const float rounded = static_cast<float>(moments.mean);
    const float rest = static_cast<float>(moments.mean - rounded);
    for (int64_t c = g * size; c < (g + 1) * size; ++c) {
      mean[c] = rounded;
      scale[c] = inverse * p.gamma[c];
      shift[c] = std::fma(-rest, scale[c], p.beta[c]);
    }
  }
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    float* y = p.dst.f32() + pixel * p.dst.row_stride;
    p.for_parts(pixel, [&](const float* x, int64_t at, int64_t channels) {
      (p.params.silu ? normalise_silu : normalise)(y + at, x, mean + at, scale + at, shift + at, channels);
    });
  }
}

void run(const Problem& p) {
  const int64_t all = p.samples * p.chunks;
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (int64_t i = 0; i < all; ++i) chunk_moments(p, i / p.chunks, i % p.chunks);
#pragma omp for schedule(static)
    for (int64_t sample = 0; sample < p.samples; ++sample) merge_moments(p, sample);
#pragma omp for schedule(static)
    for (int64_t i = 0; i < all; ++i) normalise_chunk(p, i / p.chunks, i % p.chunks);
  }
}

}  // namespace

void group_norm(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
                const NormWeights& weights, const GroupNormParams& params, Context& ctx) {
  Problem p{};
  p.dst = dst;
  p.src = src;
  p.joined = src2.has_value();
  if (src2) p.src2 = *src2;
  p.gamma = weights.gamma.tensor().f32();
  p.beta = weights.beta.tensor().f32();
  p.params = params;
  p.samples = src.shape[0];
  p.pixels = src.rows() / p.samples;
  p.channels = dst.channels();
  p.chunks = (p.pixels + kChunk - 1) / kChunk;
  const int64_t moment_bytes = p.samples * p.chunks * params.groups * static_cast<int64_t>(sizeof(Moments));
  const ArenaTensor moments = ctx.tensor(Shape{moment_bytes}, DType::kU8);
  const ArenaTensor scratch = ctx.tensor(Shape{omp_get_max_threads(), 3, p.channels}, DType::kF32);
  p.moments = moments;
  p.scratch = scratch;
  ctx.submit([p] { run(p); });
}

}  // namespace ltw::cpu
