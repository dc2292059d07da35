/*
 * The core's ops one by one, over dense float32 host data: for benchmarks beside other libraries, no part of
 * the engine's interface. Images are [n, h, w, c], as the core has them. An op that cannot be made is null,
 * and ltw_ops_error() says why.
 */
#ifndef LTW_OPS_H
#define LTW_OPS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTW_OPS_API __attribute__((visibility("default")))

typedef struct ltw_op ltw_op;

/* device and threads as in ltw_engine_create. Everything is copied. */

/* 3x3 with a padding of 1. x: [n, h, w, in]; weight: [out, in, 3, 3]; bias: [out]; y: [n, h, w, out] */
LTW_OPS_API ltw_op* ltw_op_conv2d(const char* device, int32_t threads, int64_t n, int64_t h, int64_t w,
                                  int64_t in, int64_t out, const float* x, const float* weight,
                                  const float* bias);
/* x: [rows, in]; weight: [out, in]; bias: [out]; y: [rows, out] */
LTW_OPS_API ltw_op* ltw_op_linear(const char* device, int32_t threads, int64_t rows, int64_t in, int64_t out,
                                  const float* x, const float* weight, const float* bias);
/* q: [n, queries, width]; k, v: [n, keys, width]; y: [n, queries, width] */
LTW_OPS_API ltw_op* ltw_op_attention(const char* device, int32_t threads, int64_t n, int64_t queries,
                                     int64_t keys, int64_t width, int64_t heads, const float* q,
                                     const float* k, const float* v);
/* Followed by SiLU. x, y: [n, h, w, c]; gamma, beta: [c] */
LTW_OPS_API ltw_op* ltw_op_group_norm(const char* device, int32_t threads, int64_t n, int64_t h, int64_t w,
                                      int64_t c, int64_t groups, double eps, const float* x,
                                      const float* gamma, const float* beta);

LTW_OPS_API const char* ltw_ops_error(void);
/* Computes y, or begins to on a GPU; at most a few thousand before they are waited for. */
LTW_OPS_API void ltw_op_run(ltw_op* op);
LTW_OPS_API void ltw_op_wait(ltw_op* op);
LTW_OPS_API void ltw_op_result(ltw_op* op, float* y);
LTW_OPS_API void ltw_op_destroy(ltw_op* op);

#ifdef __cplusplus
}
#endif

#endif
