#include "ops/group_norm/group_norm_slices.h"

#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

bool holds(int64_t size, int64_t channels) {
  return group_norm_slices(size * size, channels, 32).has_value();
}

LTW_TEST(group_norm_slices_hold_what_they_must) {
  for (const int64_t size : {1, 8, 9, 16, 32, 33, 64, 96, 128}) {
    for (const int64_t channels : {128, 256, 320, 512, 640, 960, 1280, 1920, 2560}) {
      const int64_t pixels = size * size, group = channels / 32;
      const auto slices = group_norm_slices(pixels, channels, 32);
      if (!slices) continue;
      const std::string what = text(size, "x", size, "x", channels);
      expect(channels % slices->channels == 0 && slices->channels % group == 0, what + ": whole groups");
      expect(slices->channels % 8 == 0, what + ": whole chunks");
      expect(slices->channels / group <= GroupNormSlices::kMostGroups, what + ": groups of a slice");
      expect(int64_t{slices->blocks} * slices->block_pixels >= pixels, what + ": all pixels");
      expect(slices->block_bytes() <= GroupNormSlices::kMostBlockBytes, what + ": shared memory");
      expect(slices->threads() % 32 == 0, what + ": whole warps");
      expect(slices->threads() <= GroupNormSlices::kMostThreads, what + ": threads");
    }
  }
}

LTW_TEST(group_norm_slices_hold_the_unet) {
  for (const int64_t channels : {320, 640, 960}) expect(holds(64, channels), text(channels, " at 64x64"));
  for (const int64_t channels : {320, 640, 960, 1280, 1920})
    expect(holds(32, channels), text(channels, " at 32x32"));
  for (const int64_t channels : {640, 1280, 1920, 2560})
    expect(holds(16, channels), text(channels, " at 16x16"));
  for (const int64_t channels : {1280, 2560}) expect(holds(8, channels), text(channels, " at 8x8"));
  expect(holds(64, 512) && holds(128, 512), "the first levels of the VAE");
}

LTW_TEST(group_norm_slices_refuse_what_does_not_fit) {
  expect(!holds(512, 128) && !holds(256, 256), "the last levels of the VAE");
  expect(!holds(8, 64) && !holds(8, 96), "groups of 2 and 3 channels");
  expect(!group_norm_slices(64, 34 * 8, 16).has_value(), "groups of 17: a slice of 34 chunks has no block");
}

}  // namespace
}  // namespace ltw
