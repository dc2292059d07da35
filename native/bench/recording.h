#pragma once

#include <functional>

#include "backend/context.h"

namespace ltw::bench {

using Forward = std::function<void(Context&)>;

// A recorded program with its memory, and how fast it runs.
class Recording {
 public:
  // `observer` is told of every op; `repeats`: how often the program holds `forward`, one run behind the
  // other.
  Recording(Backend& backend, const Forward& forward, int repeats = 1,
            const std::function<void(Program&, const Work&)>& observer = nullptr);

  Program& program() { return program_; }
  // Runs once and waits.
  double seconds();
  // The median of several, after a first that is not counted; they fill `at_least` seconds.
  double median_seconds(double at_least);

 private:
  Backend& backend_;
  Buffer memory_;
  Program program_;
};

}  // namespace ltw::bench
