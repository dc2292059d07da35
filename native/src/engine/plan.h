#pragma once

#include <functional>

#include "backend/context.h"

namespace ltw {

// A forward pass for fixed shapes: measured over an empty arena, given that much memory, recorded, then run
// any number of times. What goes in and out are tensors that `forward` captures and that outlive the plan.
class Plan {
 public:
  Plan(Backend& backend, const std::function<void(Context&)>& forward) {
    Arena measuring;
    Context measure = Context::measure(backend, measuring);
    forward(measure);
    memory_ = backend.allocate(measuring.peak());
    Arena arena(memory_.data(), memory_.bytes());
    Context record = Context::record(backend, arena, program_);
    forward(record);
  }

  void run() const { program_.run(); }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  Buffer memory_;
  Program program_;
};

}  // namespace ltw
