#include "report.h"

#include <cstdio>

namespace ltw::bench {

std::string fixed(double value, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

namespace {

std::string rate(double value) { return fixed(value, value < 10 ? 2 : 0); }

}  // namespace

void Report::heading(const std::string& more) const {
  if (!wants_times()) return;
  std::printf("# floor: %s TFLOP/s, %s GB/s\n", rate(floor_->flop_per_second * 1e-12).c_str(),
              rate(floor_->bytes_per_second * 1e-9).c_str());
  std::printf("op\tshape\tus\trate\tof floor\ttorch us\ttorch / ours%s\n", more.c_str());
}

void Report::row(const Work& work, double seconds, const std::string& more) const {
  std::string line = text(work.op, "\t", work.shape);
  if (wants_times()) {
    const bool product = work.flop > 0;
    const double done = product ? work.flop * 1e-12 : work.bytes * 1e-9;
    line += text("\t", fixed(seconds * 1e6, 1), "\t", rate(done / seconds), product ? " TFLOP/s" : " GB/s",
                 "\t", fixed(100 * floor_->seconds(work) / seconds, 0), " %");
    const std::optional<double> torch = torch_.find(work.op, work.shape);
    line += torch ? text("\t", fixed(*torch * 1e6, 1), "\t", fixed(*torch / seconds, 2)) : "\t\t";
  }
  std::printf("%s%s\n", line.c_str(), more.c_str());
  std::fflush(stdout);
}

}  // namespace ltw::bench
