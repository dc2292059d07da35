#include "floor.h"

#include <algorithm>
#include <fstream>

#include "device.h"
#include "ops/linear.h"
#include "random.h"
#include "recording.h"

namespace ltw::bench {

double Floor::seconds(const Work& work) const {
  return std::max(work.flop / flop_per_second, work.bytes / bytes_per_second);
}

TorchTimes::TorchTimes(const std::string& path) {
  std::ifstream file(path);
  require(file.good(), "cannot read ", path);
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    if (line.starts_with('#') || second == std::string::npos) continue;
    seconds_[line.substr(0, second)] = std::stod(line.substr(second + 1)) * 1e-6;
  }
}

std::optional<double> TorchTimes::find(const std::string& op, const std::string& shape) const {
  const auto found = seconds_.find(op + "\t" + shape);
  if (found == seconds_.end()) return std::nullopt;
  return found->second;
}

int64_t large_product(const Backend& backend) { return backend.device() == DeviceKind::kCpu ? 2048 : 8192; }

Floor measure_floor(Backend& backend, const TorchTimes& torch) {
  const int64_t size = large_product(backend);
  Floor floor{};
  {
    const OwnedTensor x = random_tensor(Shape{size, size}, backend),
                      y = random_tensor(Shape{size, size}, backend);
    const PackedWeights weights = random_weights(size, size, 1, backend);
    Recording product(backend, [&](Context& ctx) { linear(y, x, weights, {}, ctx); });
    const double ours = product.median_seconds(0.02);
    const double theirs = torch.find("linear", text(size, "x", size, ">", size)).value_or(ours);
    floor.flop_per_second = 2.0 * static_cast<double>(size * size * size) / std::min(ours, theirs);
  }
  const Shape large{8 * size, 8192};  // 1 GiB of float16 on a GPU
  const OwnedTensor src = random_tensor(large, backend), dst(backend, large, backend.activation_type());
  const int64_t bytes = src.tensor().bytes();
  Recording copying(backend, [&](Context& ctx) {
    ctx.submit([&] { copy(dst.tensor().data, src.tensor().data, bytes, backend); });
  });
  floor.bytes_per_second = 2.0 * static_cast<double>(bytes) / copying.median_seconds(0.02);
  return floor;
}

}  // namespace ltw::bench
