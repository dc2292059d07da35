// Host float32 values into and out of device tensors of any floating type.
#pragma once

#include "backend/backend.h"

namespace ltw {

// dst: dense, float32 or the activation type; src: as many values.
void copy_from_host(const Tensor& dst, const float* src, Backend& backend);
void copy_to_host(float* dst, const Tensor& src, Backend& backend);

// Between host NCHW, as torch lays tensors out, and device NHWC.
void copy_from_nchw(const Tensor& dst, const float* src, Backend& backend);
// Channels [first, first + count) of src.
void copy_to_nchw(float* dst, const Tensor& src, int64_t first, int64_t count, Backend& backend);

}  // namespace ltw
