#include "models/vae.h"

#include "layers/random_weights.h"
#include "op_fixture.h"
#include "ops/elementwise.h"

namespace ltw {
namespace {

using test::OpFixture;
using test::Placed;
using test::Values;

Values decoded(OpFixture& t, const VaeConfig& config, const Values& z) {
  const std::unique_ptr<Packer> packer = make_packer(t.backend());
  const VaeDecoder decoder(WeightScope(RandomSource(3), *packer, "vae"), config);
  packer->finish();
  const Placed latent = t.upload(Shape{1, 6, 5, 4}, z);
  const Placed image = t.output(Shape{1, 12, 10, 3}, DType::kF32);
  return t.run(image, [&](Context& ctx) { convert(image, decoder(latent, ctx), 1.0, ctx); });
}

// The same layers on another device: float32 is float32 wherever it is, and a value that float16 cannot hold
// is none of its business.
LTW_OP_TEST(vae_decodes_as_on_the_cpu) {
  const VaeConfig config{3, 3, 4, 1, 8, {32, 64}, 0.18215};
  const bool wide = t.type() == DType::kF32;
  for (const double deviation : {1.0, 1e6}) {
    if (!wide && deviation > 1) continue;  // beyond 65504
    const Values z = t.random(6 * 5 * 4, deviation);
    OpFixture cpu("cpu");
    const Values expected = decoded(cpu, config, z), found = decoded(t, config, z);
    const double error = test::relative_error(found, expected);
    test::expect(error <= (wide ? 1e-5 : 5e-3), "relative error ", error);
  }
}

}  // namespace
}  // namespace ltw
