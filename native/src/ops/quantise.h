#pragma once

#include "backend/context.h"
#include "ops/weights.h"

namespace ltw {

// Products of e4m3 weights and inputs, summed in float32, need compute capability 9.0. Throws
// Error(kInvalidArgument) saying so on any other device.
void require_e4m3(Backend& backend);

// Whether conv2d and linear take these weights and their input as e4m3: their channels are whole pieces of 16
// bytes.
bool fits_e4m3(const PackedWeights& weights);

// float16 weights become e4m3, with a scale for each output channel; the input is e4m3 of `input_scale` from
// then on.
void quantise(PackedWeights& weights, float input_scale, Backend& backend);

// dst (e4m3) = src (float16); dense, of whole pieces of 8.
void to_e4m3(const Tensor& dst, const Tensor& src, Context& ctx);

// peak [1] float32 = the largest magnitude in src, or itself if that is larger.
void raise_peak(const Tensor& peak, const Tensor& src, Context& ctx);

namespace cuda {
decltype(ltw::require_e4m3) require_e4m3;
decltype(ltw::quantise) quantise;
decltype(ltw::to_e4m3) to_e4m3;
decltype(ltw::raise_peak) raise_peak;
}  // namespace cuda

}  // namespace ltw
