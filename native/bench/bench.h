// The table of single ops: LTW_BENCH(name) { ... } registers a family of them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "random.h"
#include "recording.h"
#include "report.h"

namespace ltw::bench {

class Bench {
 public:
  Bench(Backend& backend, const Report& report, int64_t batch)
      : backend_(backend), report_(report), batch_(batch) {}

  Backend& backend() const { return backend_; }
  // Evaluations of the UNet at once; pictures of the VAE at once.
  int64_t batch() const { return batch_; }
  int64_t pictures() const { return std::min<int64_t>(batch_, 8); }

  OwnedTensor random(const Shape& shape) const { return random_tensor(shape, backend_); }

  // Reports the op's time, recorded many times over in one program so that launches cost what they cost in a
  // forward pass.
  void time(const Forward& op);

 private:
  Backend& backend_;
  const Report& report_;
  int64_t batch_;
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
