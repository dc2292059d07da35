// What an op could take at best on this device, and what torch takes for it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "backend/context.h"

namespace ltw::bench {

// The larger of two times: of the arithmetic at the rate of a large matrix product, and of the operands at
// the rate of a large copy.
struct Floor {
  double flop_per_second, bytes_per_second;

  double seconds(const Work& work) const;
};

// torch's times by op and shape, as tools/torch_baseline.py writes them: "op <tab> shape <tab> us".
class TorchTimes {
 public:
  TorchTimes() = default;
  explicit TorchTimes(const std::string& path);
  // Seconds.
  std::optional<double> find(const std::string& op, const std::string& shape) const;

 private:
  std::map<std::string, double> seconds_;
};

// Rows, depth and columns of a product that shows the device's rate.
int64_t large_product(const Backend& backend);

// Measured; with torch's time of the large product where that is known and better, for the floor is the
// device's, not ours.
Floor measure_floor(Backend& backend, const TorchTimes& torch);

}  // namespace ltw::bench
