#include "bench.h"

namespace ltw::bench {

std::vector<Family>& families() {
  static std::vector<Family> all;
  return all;
}

void Bench::time(const Forward& op) {
  std::optional<Work> work;
  Recording one(backend_, op, 1, [&](Program&, const Work& seen) { work = seen; });
  if (!report_.wants_times()) return report_.row(*work, 0);
  one.seconds();  // loads the kernel
  const int repeats = static_cast<int>(std::clamp(0.01 / one.seconds(), 1.0, 100.0));
  report_.row(*work, Recording(backend_, op, repeats).median_seconds(0.05) / repeats);
}

}  // namespace ltw::bench
