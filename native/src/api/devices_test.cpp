#include <string>

#include "latentween/latentween.h"
#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

LTW_TEST(gpus_are_listed_or_their_lack_explained) {
  int32_t count = -1;
  const ltw_status status = ltw_cuda_device_count(&count);
  if (status != LTW_OK) {
    const std::string reason = ltw_last_error();
    expect(status == LTW_DEVICE_ERROR && count == -1, "status ", status, ", count ", count);
    expect(reason.find(": ") != std::string::npos, "no advice in: ", reason);
    ltw_engine* engine = nullptr;
    expect(ltw_engine_create("cuda:0", 0, &engine) == LTW_DEVICE_ERROR, "an engine on no GPU");
    return;
  }
  expect(count >= 1, "count ", count);
  for (int32_t i = 0; i < count; ++i) {
    ltw_device_info info;
    expect(ltw_cuda_device_info(i, &info) == LTW_OK, ltw_last_error());
    expect(info.name[0] != '\0' && std::string(info.pci_bus_id).find(':') != std::string::npos,
           "name and bus id of cuda:", i);
    expect(info.multiprocessors > 0 && info.capability >= 50 && info.free_bytes <= info.total_bytes,
           "figures of cuda:", i);
    expect(info.usable == (info.reason[0] == '\0'), "usable or a reason");
  }
}

LTW_TEST(a_gpu_that_is_not_there_is_refused) {
  ltw_device_info info;
  expect(ltw_cuda_device_info(1000, &info) == LTW_DEVICE_ERROR, "cuda:1000");
  expect(ltw_cuda_device_info(-1, &info) == LTW_DEVICE_ERROR, "cuda:-1");
}

}  // namespace
}  // namespace ltw
