#include "backend/arena.h"

#include <vector>

#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

LTW_TEST(arena_reuses_what_was_freed) {
  Arena measuring;
  {
    ArenaTensor a = measuring.tensor(Shape{100}, DType::kF32);  // 512 bytes with alignment
    { ArenaTensor b = measuring.tensor(Shape{100}, DType::kF32); }
    ArenaTensor c = measuring.tensor(Shape{100}, DType::kF32);
    a = measuring.tensor(Shape{64}, DType::kF32);  // both live while it is assigned
  }
  expect(measuring.peak() == 512 + 512 + 256, "peak is ", measuring.peak());
}

LTW_TEST(arena_gives_the_measured_offsets_again) {
  Arena measuring;
  const auto walk = [](Arena& arena) {
    std::vector<const void*> places;
    ArenaTensor a = arena.tensor(Shape{1000}, DType::kF32);
    for (int i = 0; i < 3; ++i) {
      ArenaTensor b = arena.tensor(Shape{10 * i + 1, 7}, DType::kF32);
      a = arena.tensor(Shape{500 + i}, DType::kF32);
      places.push_back(a.tensor().data);
    }
    return places;
  };
  walk(measuring);
  std::vector<char> memory(static_cast<size_t>(measuring.peak()));
  Arena first(memory.data(), measuring.peak()), second(memory.data(), measuring.peak());
  expect(walk(first) == walk(second), "places differ between two runs");
}

LTW_TEST(arena_refuses_more_than_was_measured) {
  std::vector<char> memory(1024);
  Arena arena(memory.data(), 1024);
  ArenaTensor a = arena.tensor(Shape{200}, DType::kF32);
  bool refused = false;
  try {
    ArenaTensor b = arena.tensor(Shape{200}, DType::kF32);
  } catch (const Error&) {
    refused = true;
  }
  expect(refused, "an allocation beyond the arena went through");
}

}  // namespace
}  // namespace ltw
