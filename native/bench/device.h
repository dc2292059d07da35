// What measuring needs of a device beside the engine's backend.
#pragma once

#include <memory>
#include <vector>

#include "backend/context.h"

namespace ltw::bench {

// Points in a program whose times are noted when the device gets there.
class Marks {
 public:
  virtual ~Marks() = default;
  // The step that notes the next mark.
  virtual Step next() = 0;
  // Seconds from each mark to the next in the last run; waits for it.
  virtual std::vector<double> intervals() = 0;
};

std::unique_ptr<Marks> make_marks(Backend& backend);

#ifdef LTW_CUDA
std::unique_ptr<Marks> make_cuda_marks(Backend& backend);
#endif

}  // namespace ltw::bench
