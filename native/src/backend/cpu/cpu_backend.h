#pragma once

#include <memory>

#include "backend/backend.h"

namespace ltw::cpu {

std::unique_ptr<Backend> create_backend(int threads);

}  // namespace ltw::cpu
