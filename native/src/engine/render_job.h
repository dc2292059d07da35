#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/frame_decoder.h"
#include "engine/frame_sampler.h"
#include "engine/render_config.h"

namespace ltw {

// See ltw_render_stats.
struct RenderStats {
  int64_t frames = 0, wide_decodes = 0;
  double text_seconds = 0, sampling_seconds = 0, decoding_seconds = 0, copying_seconds = 0;
};

// Renders frames of one render in batches, on two queues of the device: one samples, the other decodes what
// the first has sampled before. A thread of the job's own fills them; on a CPU submit() does, since a second
// thread with a team of OpenMP's would make both slower. One thread may submit while another collects.
class RenderJob {
 public:
  // On a backend that rehearses, it only counts the memory that it takes.
  RenderJob(const Model& model, Backend& backend, const RenderConfig& config);
  ~RenderJob();

  void submit(const std::vector<FrameSpec>& frames);
  // pixels: host memory, [frames, height, width, 3], uint8 or uint16.
  void collect(void* pixels, int64_t pixel_bytes);
  void cancel();
  RenderStats stats() const;

 private:
  // What both queues and the host touch of a batch on its way.
  struct Batch {
    std::vector<FrameSpec> frames;
    OwnedTensor x;  // latents, [batch in whole groups, h, w, channels] float32
    std::shared_ptr<char[]> pixels, finite;
    std::unique_ptr<Event> begun, sampled;             // on the sampling queue
    std::unique_ptr<Event> decoding, decoded, copied;  // on the decoding queue
  };

  // float32, for pictures whose decoding overflows what is narrower. Collecting may go on while a batch is
  // being queued, so it has a queue of its own.
  struct WideDecoder {
    WideDecoder(const Model& model, const Backend& backend, const RenderConfig& config)
        : queue(backend.queue()), decoder(model, *queue, config, 1, 1, DType::kF32) {}
    const std::unique_ptr<Backend> queue;
    FrameDecoder decoder;
  };

  // What the job's thread does.
  void queue_batches();
  // The next one; without the lock while it does.
  void queue_batch(std::unique_lock<std::mutex>& lock);
  void sample(const Batch& batch);
  void decode(const Batch& batch);
  // None where the backend's own decoder is as wide.
  void make_wide_decoder();
  // Decodes again what is not finite; returns how many frames that were.
  int64_t decode_wide(const Batch& batch);
  // The first frame whose picture has NaN or infinity.
  std::optional<FrameSpec> not_finite(const Batch& batch) const;
  // Not to be gone on with: cancelled, or a batch could not be queued.
  bool ended() const { return cancelled_ || failure_; }
  [[noreturn]] void fail_ended() const;
  void synchronize() noexcept;

  const Model& model_;
  Backend& backend_;
  const RenderConfig config_;
  std::atomic<bool> cancelled_{false};
  const std::unique_ptr<Backend> sampling_, decoding_;
  FrameSampler sampler_;
  FrameDecoder decoder_;
  std::unique_ptr<WideDecoder> wide_;  // made for the first picture that needs it

  mutable std::mutex mutex_;  // of what is below
  std::condition_variable changed_;
  int64_t submitted_ = 0, queued_ = 0, collected_ = 0;
  std::exception_ptr failure_;  // of a batch that could not be queued
  RenderStats stats_;
  std::array<Batch, 2> batches_;  // a batch's place is its number modulo two
  std::thread queueing_;          // none where submit() does the work itself
};

// The most device memory that a job holds at once, the model's apart and a wide decoder included. Found
// without allocating any.
int64_t bytes_of_job(const Model& model, const RenderConfig& config);

// The largest config.batch up to the given one for which so much free memory suffices; 0 for none.
int64_t largest_batch(const Model& model, const RenderConfig& config, int64_t free_bytes);

}  // namespace ltw
