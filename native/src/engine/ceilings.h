#pragma once

#include "backend/backend.h"

namespace ltw {

// What a device reaches in the plainest work: what networks on it are measured by.
struct Ceilings {
  double flops_per_second;  // one large linear layer
  double bytes_per_second;  // a copy, read and written bytes
};

// Takes a second or so and 0.6 GB of device memory.
Ceilings measure_ceilings(Backend& backend);

}  // namespace ltw
