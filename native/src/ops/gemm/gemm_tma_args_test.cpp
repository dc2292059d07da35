// What the host makes of a product's arguments; no GPU is asked.
#ifdef LTW_CUDA

#include "ops/gemm/gemm_tma_args.h"

#include "selftest.h"

namespace ltw::cuda {
namespace {

// Of an image seen at twice its size a product's rows are a quarter of a sample's pixels.
LTW_TEST(gemm_sizes_tell_where_128_rows_have_one_samples_bias) {
  const __half bias{};
  GemmArgs args{};
  args.kernel = 3, args.channels = 64, args.columns = 128;
  args.sample_bias = &bias;
  const auto even = [&](int out_pixels, int upsample) {
    args.out_pixels = out_pixels, args.upsample = upsample;
    return tma_size(args).even_bias;
  };
  test::expect(even(256, 0) && even(512, 1), "whole 128 rows");
  test::expect(!even(64, 0) && !even(192, 0), "64 and 192 pixels");
  test::expect(!even(256, 1), "64 rows of each of four phases");
  args.sample_bias = nullptr;
  test::expect(even(64, 0), "no bias of a sample's own");
}

}  // namespace
}  // namespace ltw::cuda

#endif
