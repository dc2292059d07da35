#include "ops/gemm/gemm_tma_args.h"

namespace ltw::cuda {
namespace {

bool gated(const GemmArgs& args) { return args.activation == Activation::kGeglu; }

// As TmaGemm counts them.
int phases_of(const GemmArgs& args) { return args.upsample == 1 ? 4 : 1; }

CUtensorMap src_map(const GemmArgs& args, bool windows, int box_rows) {
  if (!windows) {
    const TensorAxis axes[] = {{args.channels, 1, 64}, {args.rows, args.src_stride, box_rows}};
    return tensor_map(args.src, axes, 2);
  }
  return window_map(args.src,
                    {args.channels, args.width, args.height, args.rows / args.out_pixels, args.src_stride,
                     args.stride, args.pad, args.out_width, args.out_pixels / args.out_width, box_rows});
}

// For GEGLU a tile's rows alternate: 8 values, their 8 gates, the next 8 values...
CUtensorMap weight_map(const GemmArgs& args, int columns) {
  const int64_t depth = args.depth, taps = args.kernel * args.kernel;
  if (gated(args)) {
    const TensorAxis axes[] = {{depth, 1, 64},
                               {8, depth, 8},
                               {2, args.columns / 2 * depth, 2},
                               {args.columns / 16, 8 * depth, columns / 16}};
    return tensor_map(args.weight, axes, 4);
  }
  const TensorAxis axes[] = {{args.packed_channels, 1, 64},
                             {taps, args.packed_channels, 1},
                             {args.columns, depth, columns},
                             {phases_of(args), args.columns * depth, 1}};
  return tensor_map(args.weight, axes, 4);
}

}  // namespace

bool fits_tma(const GemmArgs& args) {
  const auto in_pieces = [](const void* data, int64_t stride) {
    return reinterpret_cast<uintptr_t>(data) % 16 == 0 && stride % 8 == 0;
  };
  for (int i = 0; i < args.term_count; ++i) {
    if (args.terms[i].channels % 8 != 0 || !in_pieces(args.terms[i].src, args.terms[i].src_stride))
      return false;
  }
  return (args.upsample == 0 || args.upsampled != nullptr) && args.channels % 8 == 0 &&
         args.columns % (gated(args) ? 16 : 8) == 0 && in_pieces(args.src, args.src_stride) &&
         in_pieces(args.dst, args.dst_stride) && in_pieces(args.residual, args.residual_stride) &&
         in_pieces(args.sample_bias, args.sample_bias_stride);
}

GemmSize tma_size(const GemmArgs& args) {
  const int taps = args.upsample == 1 ? 4 : args.kernel * args.kernel;
  GemmSize size{args.rows, args.columns, taps * gemm_steps(args.channels)};
  for (int i = 0; i < args.term_count; ++i) size.steps += gemm_steps(args.terms[i].channels);
  size.finish = args.activation == Activation::kNone ? GemmFinish::kPlain
                : gated(args)                        ? GemmFinish::kGated
                                                     : GemmFinish::kActivated;
  size.in_boxes = args.kernel == 1 && args.stride == 1 && args.pad == 0 && args.sample_bias == nullptr;
  size.plain_rows = size.in_boxes && args.term_count == 0;
  size.residual = args.residual != nullptr;
  size.even_bias = args.sample_bias == nullptr || args.out_pixels / phases_of(args) % 128 == 0;
  return size;
}

TmaGemm tma_gemm(const GemmArgs& args, int box_rows, int columns) {
  TmaGemm g{};
  g.gemm = args;
  g.windows = args.kernel > 1 || args.stride > 1 || args.pad > 0;
  g.phases = phases_of(args);
  if (g.phases == 4) {
    g.gemm.rows /= 4, g.gemm.out_pixels /= 4, g.gemm.out_width /= 2;
    g.gemm.weight = args.upsampled, g.gemm.kernel = 2, g.gemm.depth = 4 * args.packed_channels;
  }
  // For every row below 2^31: row * ceil(2^(31 + b) / width) / 2^(31 + b), b bits holding width - 1.
  const auto width = static_cast<uint64_t>(g.gemm.out_width);
  while (uint64_t{1} << g.width_shift < width) ++g.width_shift;
  g.width_multiplier = static_cast<uint32_t>(((uint64_t{1} << (31 + g.width_shift)) + width - 1) / width);
  if (g.width_shift > 0) --g.width_shift;
  g.src = src_map(g.gemm, g.windows, box_rows);
  g.weight = weight_map(g.gemm, columns);
  for (int i = 0; i < args.term_count; ++i) {
    const GemmTerm& term = args.terms[i];
    const TensorAxis src[] = {{term.channels, 1, 64}, {args.rows, term.src_stride, box_rows}};
    const TensorAxis weight[] = {{term.channels, 1, 64}, {args.columns, term.packed_channels, columns}};
    g.term_src[i] = tensor_map(term.src, src, 2);
    g.term_weight[i] = tensor_map(term.weight, weight, 2);
  }
  return g;
}

CUtensorMap column_map(const float* data, const GemmArgs& args, int columns) {
  const int factor = gated(args) ? 2 : 1, all = args.columns / factor;
  const TensorAxis axes[] = {{all, 1, columns / factor}, {factor, all, factor}};
  return tensor_map(data, axes, 2);
}

BoxedGemm boxed_gemm(const TmaGemm& g, int columns, int out_bytes) {
  const GemmArgs& p = g.gemm;
  const int factor = gated(p) ? 2 : 1;
  const int all = p.columns / factor, in_tile = columns / factor;
  const auto map_of = [&](const __half* data, int64_t stride) {
    const TensorAxis axes[] = {
        {all * out_bytes / 2, 1, out_bytes == 2 ? piece_columns(in_tile) : in_tile / 2},
        {p.rows, stride * out_bytes / 2, 64}};
    return tensor_map(data, axes, 2);
  };
  BoxedGemm boxed{g, map_of(p.dst, p.dst_stride), {}, {}};
  if (p.residual != nullptr) boxed.residual = map_of(p.residual, p.residual_stride);
  if (p.bias != nullptr) boxed.bias = column_map(p.bias, p, columns);
  return boxed;
}

}  // namespace ltw::cuda
