#pragma once

#include "backend/backend.h"

namespace ltw::bench {

// The networks on `device` beside the CPU's, Stable Diffusion 1.5's shapes with the same random weights and
// inputs. Throws where they are further apart than docs/numerics.md allows, and where a sample's bits depend
// on its batch.
void check_networks(Backend& device, int64_t latent);

}  // namespace ltw::bench
