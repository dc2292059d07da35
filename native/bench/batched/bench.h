// The harness of ltw_bench_batched: LTW_BENCH(name) { ... } registers a family of measurements.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backend/context.h"
#include "ops/weights.h"

namespace ltw::bench {

class Bench {
 public:
  explicit Bench(Backend& backend) : backend_(backend) {}

  Backend& backend() const { return backend_; }
  // Filled with random values of deviation 1 in the activation type.
  OwnedTensor random(const Shape& shape);
  PackedWeights conv_weights(int64_t out, int64_t in, int64_t kernel);
  NormWeights norm_weights(int64_t channels);

  // The median of several timings of `op`, recorded many times over in one program so that launches cost what
  // they cost in a forward pass. Prints: what, shape, us, rate. `flop` and `bytes` are the useful work.
  void time(const std::string& what, const std::string& shape, double flop, double bytes,
            const std::function<void(Context&)>& op);

 private:
  Backend& backend_;
};

struct Family {
  std::string name;
  std::function<void(Bench&)> body;
};

std::vector<Family>& families();

struct Registration {
  Registration(const char* name, std::function<void(Bench&)> body) {
    families().push_back({name, std::move(body)});
  }
};

}  // namespace ltw::bench

#define LTW_BENCH(name)                                                       \
  static void name##_bench(::ltw::bench::Bench& b);                           \
  static const ::ltw::bench::Registration name##_family(#name, name##_bench); \
  static void name##_bench(::ltw::bench::Bench& b)
