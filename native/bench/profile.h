#pragma once

#include "networks.h"
#include "report.h"

namespace ltw::bench {

// Where a forward pass spends its time: its different ops with their number, then sums by kind and
// resolution. Each op is timed where it stands, between two marks in the recorded program, so that it finds
// the caches as the op before leaves them.
void profile(Networks& networks, const std::string& name, const Report& report);

}  // namespace ltw::bench
