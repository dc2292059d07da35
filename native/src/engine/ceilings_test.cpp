#include "engine/ceilings.h"

#include "op_fixture.h"

namespace ltw {
namespace {

using test::expect;

LTW_OP_TEST(ceilings_are_what_hardware_can_have) {
  const Ceilings found = measure_ceilings(t.backend());
  expect(found.flops_per_second > 1e9 && found.flops_per_second < 1e16, found.flops_per_second, " FLOP/s");
  expect(found.bytes_per_second > 1e8 && found.bytes_per_second < 1e14, found.bytes_per_second, " B/s");
  expect(t.backend().memory().held() == 0, "memory is held after it");
}

}  // namespace
}  // namespace ltw
