#include "ops/elementwise.h"

#include "ops/dispatch.h"

namespace ltw {
namespace {

Work moving(const char* op, const Tensor& dst, int64_t read) {
  return {op, text(dst.shape, " ", name_of(dst.dtype)), dst.rows() / dst.shape[0], 0,
          static_cast<double>(read + dst.bytes())};
}

void check_terms(const Tensor& dst, const std::vector<Term>& terms) {
  ensure(!terms.empty() && terms.size() <= 6, "weighted_sum of ", terms.size(), " terms");
  for (const auto& [coefficient, src] : terms) {
    ensure(src.dense() && src.dtype == dst.dtype && src.shape == dst.shape, "weighted_sum: term of shape ",
           src.shape, " for ", dst.shape);
  }
}

void check_copies(const char* op, const Tensor& dst, const Tensor& src) {
  ensure(dst.dense() && src.dense() && dst.shape[0] % src.shape[0] == 0 &&
             src.shape.with(0, dst.shape[0]) == dst.shape,
         op, " ", src.shape, " to ", dst.shape);
}

}  // namespace

void weighted_sum(const Tensor& dst, const std::vector<Term>& terms, Context& ctx) {
  ensure(dst.dense() && (dst.dtype == DType::kF32 || dst.dtype == ctx.backend().activation_type()),
         "weighted_sum writes dense float32 or the activation type");
  check_terms(dst, terms);
  ctx.describe([&] { return moving("weighted_sum", dst, static_cast<int64_t>(terms.size()) * dst.bytes()); });
  LTW_DISPATCH(weighted_sum, ctx, dst, terms);
}

void convert(const Tensor& dst, const Tensor& src, double scale, Context& ctx) {
  check_copies("convert", dst, src);
  ctx.describe([&] { return moving("convert", dst, src.bytes()); });
  LTW_DISPATCH(convert, ctx, dst, src, scale);
}

void sampler_step(const Tensor& dst, const std::vector<Term>& terms, const Tensor& converted, double scale,
                  Context& ctx) {
  ensure(dst.dtype == DType::kF32 && converted.dtype == ctx.backend().activation_type(),
         "sampler_step: float32 to the activation type");
  check_terms(dst, terms);
  check_copies("sampler_step", converted, dst);
  ctx.describe([&] {
    return moving("sampler_step", dst, static_cast<int64_t>(terms.size()) * dst.bytes() + converted.bytes());
  });
  LTW_DISPATCH(sampler_step, ctx, dst, terms, converted, scale);
}

void broadcast(const Tensor& dst, const Tensor& src, Context& ctx) {
  ensure(dst.dense() && src.dense() && dst.dtype == src.dtype && src.shape[0] == 1 &&
             src.shape.with(0, dst.shape[0]) == dst.shape,
         "broadcast ", src.shape, " to ", dst.shape);
  ctx.describe([&] { return moving("broadcast", dst, src.bytes()); });
  LTW_DISPATCH(broadcast, ctx, dst, src);
}

void embed_tokens(const Tensor& dst, const Tensor& ids, const Tensor& token_table,
                  const Tensor& position_table, Context& ctx) {
  ensure(dst.shape.rank() == 3 && ids.dtype == DType::kI32 && ids.dense() &&
             ids.shape == Shape{dst.shape[0], dst.shape[1]},
         "embed_tokens: ids ", ids.shape, " for ", dst.shape);
  ensure(token_table.channels() == dst.channels() && position_table.channels() == dst.channels() &&
             position_table.rows() >= dst.shape[1] && token_table.dtype == dst.dtype &&
             position_table.dtype == dst.dtype,
         "embed_tokens: tables ", token_table.shape, " and ", position_table.shape, " for ", dst.shape);
  ctx.describe([&] { return moving("embed_tokens", dst, 2 * dst.bytes()); });
  LTW_DISPATCH(embed_tokens, ctx, dst, ids, token_table, position_table);
}

void image_to_pixels(const Tensor& dst, const Tensor& src, const Tensor& finite, Context& ctx) {
  ensure(dst.dtype == DType::kU8 || dst.dtype == DType::kU16, "pixels are uint8 or uint16");
  ensure(dst.dense() && src.dense() && dst.shape == src.shape, "image_to_pixels: ", src.shape, " to ",
         dst.shape);
  ensure(finite.dtype == DType::kI32 && finite.shape.size() == 1, "image_to_pixels: one int32 flag");
  ctx.describe([&] { return moving("image_to_pixels", dst, src.bytes()); });
  LTW_DISPATCH(image_to_pixels, ctx, dst, src, finite);
}

}  // namespace ltw
