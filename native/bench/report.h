#pragma once

#include <optional>
#include <string>

#include "floor.h"

namespace ltw::bench {

// Prints ops, tab-separated: op, shape, us, rate, part of the floor, torch's us, torch's time over ours.
class Report {
 public:
  // Without a floor: only which ops there are, for torch_baseline.py; nothing needs to be timed.
  Report(std::optional<Floor> floor, TorchTimes torch) : floor_(floor), torch_(std::move(torch)) {}

  bool wants_times() const { return floor_.has_value(); }
  const Floor& floor() const { return *floor_; }
  // `more`: further columns' names, and a row's values.
  void heading(const std::string& more = "") const;
  void row(const Work& work, double seconds, const std::string& more = "") const;

 private:
  std::optional<Floor> floor_;
  TorchTimes torch_;
};

// printf's %.*f
std::string fixed(double value, int digits);

}  // namespace ltw::bench
