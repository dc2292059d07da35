// The small ops that remain: sums of latents, embeddings, pictures.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "backend/context.h"

namespace ltw {

using Term = std::pair<double, Tensor>;  // coefficient, source

// dst = sum of coefficient * source over 1..6 terms; all dense, of one shape and one type: float32 or the
// activation type. dst may be a source.
void weighted_sum(const Tensor& dst, const std::vector<Term>& terms, Context& ctx);

// dst [k n, ...] = scale * src [n, ...], k times; each float32 or the activation type, dense. How values
// enter and leave the network.
void convert(const Tensor& dst, const Tensor& src, double scale, Context& ctx);

// weighted_sum(dst, terms), then convert(converted, dst, scale), to the bit, in one pass: how a sampler's
// step ends and the next one begins. float32; `converted` is of the activation type.
void sampler_step(const Tensor& dst, const std::vector<Term>& terms, const Tensor& converted, double scale,
                  Context& ctx);

// Copies `src` [1, ...] into every entry of `dst` [n, ...]; dense, one type.
void broadcast(const Tensor& dst, const Tensor& src, Context& ctx);

// dst [n, t, c] = token_table[ids] + position_table; ids [n, t] int32.
void embed_tokens(const Tensor& dst, const Tensor& ids, const Tensor& token_table,
                  const Tensor& position_table, Context& ctx);

// dst [n, h, w, 3] uint8 or uint16 = trunc(clamp((src + 1) / 2, 0, 1) * 255 or 65025), the scale and the
// truncation that Deforum uses. Returns through `finite` (one int32 in device memory) 0 when a value is NaN
// or infinite; the caller sets it to 1 before.
void image_to_pixels(const Tensor& dst, const Tensor& src, const Tensor& finite, Context& ctx);

// The error of a step whose solutions of lower and higher order are `low` and `high`: the root mean square of
// (low - high) / max(absolute, relative * max(|low|, |previous|)). Dense, one shape, float32. Waits for
// the device, so it cannot be recorded; 0 while measuring. Adds in an order that the shape alone fixes.
double error_norm(const Tensor& low, const Tensor& high, const Tensor& previous, double absolute,
                  double relative, Context& ctx);

namespace cpu {
decltype(ltw::weighted_sum) weighted_sum;
decltype(ltw::convert) convert;
decltype(ltw::sampler_step) sampler_step;
decltype(ltw::broadcast) broadcast;
decltype(ltw::embed_tokens) embed_tokens;
decltype(ltw::image_to_pixels) image_to_pixels;
void error_squares(std::optional<double>& squares, const Tensor& low, const Tensor& high,
                   const Tensor& previous, double absolute, double relative, Context& ctx);
}  // namespace cpu

namespace cuda {
decltype(ltw::weighted_sum) weighted_sum;
decltype(ltw::convert) convert;
decltype(ltw::sampler_step) sampler_step;
decltype(ltw::broadcast) broadcast;
decltype(ltw::embed_tokens) embed_tokens;
decltype(ltw::image_to_pixels) image_to_pixels;
decltype(cpu::error_squares) error_squares;
}  // namespace cuda

}  // namespace ltw
