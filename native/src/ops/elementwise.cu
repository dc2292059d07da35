// Small ops, bound by launch or memory; none is worth more than one element a thread.
#include <cuda_fp16.h>

#include "ops/device/launch_order.h"
#include "ops/device/vec.h"
#include "ops/elementwise.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256;

__device__ void assign(float& to, double x) { to = static_cast<float>(x); }
__device__ void assign(__half& to, double x) { to = __double2half(x); }

// Of this thread, once earlier kernels are done.
__device__ int64_t element() {
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  return static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
}
unsigned blocks(int64_t size) { return static_cast<unsigned>((size + kThreads - 1) / kThreads); }

template <typename T>
struct Terms {
  int count;
  double coefficient[6];
  const T* src[6];
};

// Sums in double, as on the CPU: a sampler's step is exact to one rounding.
template <typename T>
__device__ double sum_at(const Terms<T>& terms, int64_t i) {
  double sum = 0;
  for (int term = 0; term < terms.count; ++term) {
    sum += terms.coefficient[term] * static_cast<double>(to_float(terms.src[term][i]));
  }
  return sum;
}

template <typename T>
__global__ void weighted_sum_kernel(T* dst, const __grid_constant__ Terms<T> terms, int64_t size) {
  const int64_t i = element();
  if (i < size) assign(dst[i], sum_at(terms, i));
}

// As often as the grid has rows.
template <typename To, typename From>
__global__ void convert_kernel(To* dst, const From* src, float scale, int64_t size) {
  const int64_t i = element();
  if (i < size) assign(dst[blockIdx.y * size + i], scale * to_float(src[i]));
}

// converted: `times` copies.
__global__ void sampler_step_kernel(float* dst, const __grid_constant__ Terms<float> terms, __half* converted,
                                    float scale, int times, int64_t size) {
  const int64_t i = element();
  if (i >= size) return;
  const float x = static_cast<float>(sum_at(terms, i));
  dst[i] = x;
  for (int n = 0; n < times; ++n) assign(converted[n * size + i], scale * x);
}

template <typename T>
__global__ void embed_tokens_kernel(T* dst, const int* ids, const T* tokens, const T* positions,
                                    int64_t dst_stride, int64_t token_stride, int64_t position_stride,
                                    int64_t rows, int length, int channels, int vocabulary) {
  const int64_t i = element(), row = i / channels, c = i % channels;
  if (row >= rows) return;
  // The tokenizer vouches for its ids; a wrong one may not read what is not ours.
  const int64_t id = min(max(ids[row], 0), vocabulary - 1);
  assign(dst[row * dst_stride + c],
         to_float(tokens[id * token_stride + c]) + to_float(positions[row % length * position_stride + c]));
}

template <typename Pixel, typename T>
__global__ void image_to_pixels_kernel(Pixel* dst, const T* src, int* finite, float scale, int64_t size) {
  const int64_t i = element();
  if (i >= size) return;
  const float x = to_float(src[i]);
  if (!isfinite(x)) *finite = 0;
  const float unit = fminf(fmaxf((x + 1.0f) / 2.0f, 0.0f), 1.0f);
  dst[i] = isfinite(x) ? static_cast<Pixel>(unit * scale) : Pixel{0};
}

template <typename T>
Terms<T> as_arguments(const std::vector<Term>& terms) {
  Terms<T> args{};
  args.count = static_cast<int>(terms.size());
  for (size_t i = 0; i < terms.size(); ++i) {
    args.coefficient[i] = terms[i].first;
    args.src[i] = terms[i].second.as<T>();
  }
  return args;
}

template <typename T>
void submit_weighted_sum(const Tensor& dst, const std::vector<Term>& terms, Context& ctx) {
  ctx.submit([args = as_arguments<T>(terms), dst, &device = backend(ctx)] {
    const int64_t size = dst.shape.size();
    launch_early("weighted_sum", weighted_sum_kernel<T>, {blocks(size), kThreads}, device, dst.as<T>(), args,
                 size);
  });
}

template <typename T>
void submit_embedding(const Tensor& dst, const Tensor& ids, const Tensor& token_table,
                      const Tensor& position_table, Context& ctx) {
  ctx.submit([=, &device = backend(ctx)] {
    launch_early("embed_tokens", embed_tokens_kernel<T>, {blocks(dst.shape.size()), kThreads}, device,
                 dst.as<T>(), ids.as<int>(), token_table.as<T>(), position_table.as<T>(), dst.row_stride,
                 token_table.row_stride, position_table.row_stride, dst.rows(),
                 static_cast<int>(dst.shape[1]), static_cast<int>(dst.channels()),
                 static_cast<int>(token_table.rows()));
  });
}

template <typename Pixel, typename T>
void submit_pixels(const Tensor& dst, const Tensor& src, const Tensor& finite, float scale, Context& ctx) {
  ctx.submit([=, &device = backend(ctx)] {
    const int64_t size = dst.shape.size();
    launch_early("image_to_pixels", image_to_pixels_kernel<Pixel, T>, {blocks(size), kThreads}, device,
                 dst.as<Pixel>(), src.as<T>(), finite.as<int>(), scale, size);
  });
}

}  // namespace

void weighted_sum(const Tensor& dst, const std::vector<Term>& terms, Context& ctx) {
  if (dst.dtype == DType::kF16) return submit_weighted_sum<__half>(dst, terms, ctx);
  submit_weighted_sum<float>(dst, terms, ctx);
}

void convert(const Tensor& dst, const Tensor& src, double scale, Context& ctx) {
  ctx.submit([=, &device = backend(ctx)] {
    const int64_t size = src.shape.size();
    const dim3 grid(blocks(size), static_cast<unsigned>(dst.shape[0] / src.shape[0]));
    const float factor = static_cast<float>(scale);
    const bool to_half = dst.dtype == DType::kF16, from_half = src.dtype == DType::kF16;
    const auto launch = [&]<typename To, typename From>(To* to, const From* from) {
      launch_early("convert", convert_kernel<To, From>, {grid, kThreads}, device, to, from, factor, size);
    };
    if (to_half && from_half) {
      launch(dst.as<__half>(), src.as<__half>());
    } else if (to_half) {
      launch(dst.as<__half>(), src.f32());
    } else if (from_half) {
      launch(dst.f32(), src.as<__half>());
    } else {
      launch(dst.f32(), src.f32());
    }
  });
}

void sampler_step(const Tensor& dst, const std::vector<Term>& terms, const Tensor& converted, double scale,
                  Context& ctx) {
  ctx.submit([=, args = as_arguments<float>(terms), &device = backend(ctx)] {
    const int64_t size = dst.shape.size();
    launch_early("sampler_step", sampler_step_kernel, {blocks(size), kThreads}, device, dst.f32(), args,
                 converted.as<__half>(), static_cast<float>(scale),
                 static_cast<int>(converted.shape[0] / dst.shape[0]), size);
  });
}

void broadcast(const Tensor& dst, const Tensor& src, Context& ctx) {
  ctx.submit([=, stream = backend(ctx).stream()] {
    for (int64_t n = 0; n < dst.shape[0]; ++n) {
      check(cudaMemcpyAsync(dst.as<char>() + n * src.bytes(), src.data, static_cast<size_t>(src.bytes()),
                            cudaMemcpyDeviceToDevice, stream),
            "broadcast");
    }
  });
}

void embed_tokens(const Tensor& dst, const Tensor& ids, const Tensor& token_table,
                  const Tensor& position_table, Context& ctx) {
  if (dst.dtype == DType::kF16) return submit_embedding<__half>(dst, ids, token_table, position_table, ctx);
  submit_embedding<float>(dst, ids, token_table, position_table, ctx);
}

void image_to_pixels(const Tensor& dst, const Tensor& src, const Tensor& finite, Context& ctx) {
  const bool half = src.dtype == DType::kF16;
  if (dst.dtype == DType::kU8) {
    return half ? submit_pixels<uint8_t, __half>(dst, src, finite, 255.0f, ctx)
                : submit_pixels<uint8_t, float>(dst, src, finite, 255.0f, ctx);
  }
  return half ? submit_pixels<uint16_t, __half>(dst, src, finite, 65025.0f, ctx)
              : submit_pixels<uint16_t, float>(dst, src, finite, 65025.0f, ctx);
}

}  // namespace ltw::cuda
