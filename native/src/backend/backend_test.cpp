#include "backend/backend.h"

#include <omp.h>

#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

// The message of the device error that asking for `device` gives.
std::string refusal(const std::string& device) {
  try {
    create_backend(device, 0);
  } catch (const Error& error) {
    expect(error.status() == Status::kDeviceError, device, ": another status, ", error.what());
    return error.what();
  }
  fail(Status::kInternalError, "there is a device '", device, "'");
}

LTW_TEST(backend_refuses_other_devices_in_one_line) {
  for (const char* device :
       {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "cuda:999"}) {
    const std::string message = refusal(device);
    expect(message.find('\n') == std::string::npos, message);
    // Either the name, or what is missing behind it: the driver, the device, the kernels.
    expect(message.find(device) != std::string::npos, device, " is not named in: ", message);
  }
}

LTW_TEST(an_engines_threads_are_not_the_next_ones) {
  const std::unique_ptr<Backend> before = create_backend("cpu", 0);
  create_backend("cpu", omp_get_max_threads() + 1)->make_current();
  const std::string after = create_backend("cpu", 0)->description();
  before->make_current();
  expect(after == before->description(), before->description(), ", then ", after);
}

LTW_TEST(backend_counts_what_is_held) {
  const std::unique_ptr<Backend> backend = create_backend("cpu", 1);
  {
    const Buffer a = backend->allocate(1000), b = backend->allocate(500);
    expect(backend->memory().held() == 1500, backend->memory().held(), " bytes held");
  }
  expect(backend->memory().held() == 0 && backend->memory().peak() == 1500, "the count is off after release");
}

LTW_TEST(a_rehearsal_takes_no_memory) {
  const std::unique_ptr<Backend> backend = create_backend("cpu", 1), rehearsal = backend->rehearsal();
  const Buffer counted = rehearsal->allocate(1000);
  expect(counted.data() == nullptr && rehearsal->memory().held() == 1000, "it is not only counted");
  expect(backend->memory().held() == 0, "it counts for the engine");
}

}  // namespace
}  // namespace ltw
