#include "ops/terms.h"

#include "ops/linear.h"

namespace ltw {

void check_terms(const Tensor& dst, const Epilogue& epilogue) {
  for (const LinearTerm& term : epilogue.terms) {
    ensure(epilogue.activation == Activation::kNone, "terms and an activation");
    ensure(term.weights->kernel == 1 && !term.weights->has_bias, "a term is a linear layer without bias");
    ensure(term.src.rows() == dst.rows() && term.src.channels() == term.weights->in_channels &&
               term.weights->out_channels == dst.channels(),
           "a term from ", term.src.shape, " into ", dst.shape);
  }
}

bool sums_terms([[maybe_unused]] const Tensor& dst, [[maybe_unused]] const Tensor& src,
                [[maybe_unused]] const Epilogue& epilogue, [[maybe_unused]] const Context& ctx) {
#ifdef LTW_CUDA
  if (ctx.backend().device() == DeviceKind::kCuda) return cuda::sums_terms(dst, src, epilogue, ctx);
#endif
  return false;
}

Epilogue add_terms(const Tensor& dst, const Epilogue& epilogue, Context& ctx) {
  std::optional<Tensor> sum = epilogue.residual;
  for (const LinearTerm& term : epilogue.terms) {
    linear(dst, term.src, *term.weights, {.residual = sum}, ctx);
    sum = dst;
  }
  Epilogue left = epilogue;
  left.terms.clear();
  left.residual = sum;
  return left;
}

}  // namespace ltw
