#include "backend/cuda/cuda_backend.h"
#include "device.h"

namespace ltw::bench {
namespace {

// Events that the program's graph records whenever it is replayed.
class CudaMarks final : public Marks {
 public:
  explicit CudaMarks(cuda::CudaBackend& backend) : backend_(backend) {}

  Step next() override {
    events_.push_back(cuda::make_event());
    return [event = events_.back().get(), stream = backend_.stream()] {
      cuda::check(cudaEventRecordWithFlags(event, stream, cudaEventRecordExternal), "cudaEventRecord");
    };
  }

  std::vector<double> intervals() override {
    backend_.synchronize();
    std::vector<double> seconds;
    for (size_t i = 1; i < events_.size(); ++i) {
      float milliseconds = 0;
      cuda::check(cudaEventElapsedTime(&milliseconds, events_[i - 1].get(), events_[i].get()),
                  "cudaEventElapsedTime");
      seconds.push_back(milliseconds * 1e-3);
    }
    return seconds;
  }

 private:
  cuda::CudaBackend& backend_;
  std::vector<cuda::OwnedEvent> events_;
};

}  // namespace

std::unique_ptr<Marks> make_cuda_marks(Backend& backend) {
  return std::make_unique<CudaMarks>(static_cast<cuda::CudaBackend&>(backend));
}

}  // namespace ltw::bench
