// oneDNN's engine and stream (both stateless on a CPU), and its memory descriptors for our tensors.
#pragma once

#include <dnnl.hpp>

#include "base/tensor.h"

namespace ltw::cpu {

inline const dnnl::engine& dnnl_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

inline dnnl::stream& dnnl_stream() {
  static dnnl::stream stream(dnnl_engine());
  return stream;
}

inline dnnl::memory memory_at(const dnnl::memory::desc& desc, void* data) {
  return dnnl::memory(desc, dnnl_engine(), data);
}

// rows x channels, for matrix products.
inline dnnl::memory::desc matrix_desc(const Tensor& t) {
  return {{t.rows(), t.channels()}, dnnl::memory::data_type::f32, {t.row_stride, 1}};
}

// [n, h, w, c] seen in oneDNN's logical order n, c, h, w.
inline dnnl::memory::desc image_desc(const Tensor& t) {
  const int64_t pixel = t.row_stride, line = t.shape[2] * pixel;
  return {{t.shape[0], t.shape[3], t.shape[1], t.shape[2]},
          dnnl::memory::data_type::f32,
          {t.shape[1] * line, 1, line, pixel}};
}

}  // namespace ltw::cpu
