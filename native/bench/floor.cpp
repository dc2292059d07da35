#include "floor.h"

#include <algorithm>
#include <fstream>

#include "engine/ceilings.h"

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
  const Ceilings ceilings = measure_ceilings(backend);
  Floor floor{ceilings.flops_per_second, ceilings.bytes_per_second};
  const int64_t size = large_product(backend);
  if (const auto theirs = torch.find("linear", text(size, "x", size, ">", size))) {
    floor.flop_per_second =
        std::max(floor.flop_per_second, 2.0 * static_cast<double>(size * size * size) / *theirs);
  }
  return floor;
}

}  // namespace ltw::bench
