#include "ltw_ops.h"

#include <functional>
#include <string>

#include "engine/plan.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/elementwise.h"
#include "ops/group_norm.h"
#include "ops/linear.h"

using namespace ltw;

// Members in the order of their making; the plan, which points to the others, goes first.
struct ltw_op {
  std::unique_ptr<Backend> backend;
  std::vector<OwnedTensor> inputs;
  PackedWeights weights;
  NormWeights norm;
  OwnedTensor result;
  std::unique_ptr<Plan> plan;
};

namespace {

thread_local std::string last_error;

std::vector<float> values(const float* data, int64_t count) { return {data, data + count}; }

OwnedTensor upload(Backend& backend, const Shape& shape, const float* data, DType type) {
  OwnedTensor floats(backend, shape, DType::kF32);
  backend.upload(floats.tensor().data, data, floats.tensor().bytes());
  if (type == DType::kF32) return floats;
  OwnedTensor tensor(backend, shape, type);
  Arena none;
  Context ctx = Context::immediate(backend, none);
  convert(tensor, floats, 1, ctx);
  backend.synchronize();
  return tensor;
}

OwnedTensor upload(Backend& backend, const Shape& shape, const float* data) {
  return upload(backend, shape, data, backend.activation_type());
}

// `fill` makes inputs and weights and returns the op over them, which writes the result of `shape`.
ltw_op* make(const char* device, int32_t threads, const Shape& shape,
             const std::function<std::function<void(Context&)>(ltw_op&)>& fill) {
  try {
    auto op = std::make_unique<ltw_op>();
    op->backend = create_backend(device, threads);
    op->backend->make_current();
    op->result = OwnedTensor(*op->backend, shape, op->backend->activation_type());
    op->plan = std::make_unique<Plan>(*op->backend, fill(*op));
    return op.release();
  } catch (const std::exception& error) {
    last_error = error.what();
    return nullptr;
  }
}

}  // namespace

extern "C" {

ltw_op* ltw_op_conv2d(const char* device, int32_t threads, int64_t n, int64_t h, int64_t w, int64_t in,
                      int64_t out, const float* x, const float* weight, const float* bias) {
  return make(device, threads, Shape{n, h, w, out}, [&](ltw_op& op) {
    op.inputs.push_back(upload(*op.backend, Shape{n, h, w, in}, x));
    op.weights = pack_conv2d(values(weight, out * in * 9), values(bias, out), out, in, 3, *op.backend);
    return [&op](Context& ctx) { conv2d(op.result, op.inputs[0], op.weights, {}, {}, ctx); };
  });
}

ltw_op* ltw_op_linear(const char* device, int32_t threads, int64_t rows, int64_t in, int64_t out,
                      const float* x, const float* weight, const float* bias) {
  return make(device, threads, Shape{rows, out}, [&](ltw_op& op) {
    op.inputs.push_back(upload(*op.backend, Shape{rows, in}, x));
    op.weights = pack_linear(values(weight, out * in), values(bias, out), out, in, *op.backend);
    return [&op](Context& ctx) { linear(op.result, op.inputs[0], op.weights, {}, ctx); };
  });
}

ltw_op* ltw_op_attention(const char* device, int32_t threads, int64_t n, int64_t queries, int64_t keys,
                         int64_t width, int64_t heads, const float* q, const float* k, const float* v) {
  return make(device, threads, Shape{n, queries, width}, [&](ltw_op& op) {
    op.inputs.push_back(upload(*op.backend, Shape{n, queries, width}, q));
    op.inputs.push_back(upload(*op.backend, Shape{n, keys, width}, k));
    op.inputs.push_back(upload(*op.backend, Shape{n, keys, width}, v));
    return [&op, heads](Context& ctx) {
      attention(op.result, op.inputs[0], op.inputs[1], op.inputs[2], {.heads = heads}, ctx);
    };
  });
}

ltw_op* ltw_op_group_norm(const char* device, int32_t threads, int64_t n, int64_t h, int64_t w, int64_t c,
                          int64_t groups, double eps, const float* x, const float* gamma, const float* beta) {
  return make(device, threads, Shape{n, h, w, c}, [&](ltw_op& op) {
    op.inputs.push_back(upload(*op.backend, Shape{n, h, w, c}, x));
    op.norm = {upload(*op.backend, Shape{c}, gamma, DType::kF32),
               upload(*op.backend, Shape{c}, beta, DType::kF32)};
    const GroupNormParams params{.groups = groups, .eps = eps, .silu = true};
    return [&op, params](Context& ctx) {
      group_norm(op.result, op.inputs[0], std::nullopt, op.norm, params, ctx);
    };
  });
}

const char* ltw_ops_error(void) { return last_error.c_str(); }

void ltw_op_run(ltw_op* op) {
  op->backend->make_current();
  op->plan->run();
}

void ltw_op_wait(ltw_op* op) { op->backend->synchronize(); }

void ltw_op_result(ltw_op* op, float* y) {
  OwnedTensor floats(*op->backend, op->result.tensor().shape, DType::kF32);
  Arena none;
  Context ctx = Context::immediate(*op->backend, none);
  convert(floats, op->result, 1, ctx);
  op->backend->download(y, floats.tensor().data, floats.tensor().bytes());
}

void ltw_op_destroy(ltw_op* op) { delete op; }

}  // extern "C"
