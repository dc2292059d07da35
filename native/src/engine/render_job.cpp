#include "engine/render_job.h"

#include <algorithm>
#include <cstring>

namespace ltw {
namespace {

const RenderConfig& checked(const RenderConfig& config, const ModelConfig& model) {
  const int64_t multiple = model.vae.factor() << (model.unet.block_channels.size() - 1);
  require(config.width > 0 && config.width % multiple == 0, "width: ", config.width, " is not a multiple of ",
          multiple);
  require(config.height > 0 && config.height % multiple == 0, "height: ", config.height,
          " is not a multiple of ", multiple);
  require(config.clip_skip >= 1 && config.clip_skip <= model.text.layers, "clip_skip: ", config.clip_skip,
          " is not in 1..", model.text.layers);
  return config;
}

}  // namespace

RenderJob::RenderJob(const Model& model, Backend& backend, const RenderConfig& config)
    : model_(model),
      backend_(backend),
      config_(checked(config, model.config)),
      sampling_(backend.queue()),
      decoding_(backend.queue()),
      sampler_(model, *sampling_, config_, cancelled_),
      decoder_(model, *decoding_, config_, config.batch,
               decoding_group(model, *decoding_, config_, sampler_.bytes()), backend.activation_type()) {
  stats_.text_seconds = sampler_.text_seconds();
  const int64_t groups = (config.batch + sampler_.group() - 1) / sampler_.group();
  for (Batch& batch : batches_) {
    batch.x =
        OwnedTensor(backend, config.latent(model.config).with(0, groups * sampler_.group()), DType::kF32);
    batch.pixels = backend.host_memory(config.batch * config.frame_bytes());
    batch.finite = backend.host_memory(config.batch * static_cast<int64_t>(sizeof(int32_t)));
    batch.begun = sampling_->event();
    batch.sampled = sampling_->event();
    batch.decoding = decoding_->event();
    batch.decoded = decoding_->event();
    batch.copied = decoding_->event();
  }
  if (backend.rehearses()) {
    make_wide_decoder();
  } else if (backend.asynchronous()) {
    queueing_ = std::thread(&RenderJob::queue_batches, this);
  }
}

RenderJob::~RenderJob() {
  cancel();
  if (queueing_.joinable()) queueing_.join();
  synchronize();
}

void RenderJob::synchronize() noexcept {
  try {
    sampling_->synchronize();
    decoding_->synchronize();
  } catch (const Error&) {  // of a device that is lost: nothing is under way there
  }
}

void RenderJob::submit(const std::vector<FrameSpec>& frames) {
  require(static_cast<int64_t>(frames.size()) <= config_.batch, frames.size(),
          " frames where the job was made for batches of ", config_.batch);
  for (const FrameSpec& frame : frames) {
    require(frame.from_key >= 0 && frame.from_key < config_.key_count && frame.to_key >= 0 &&
                frame.to_key < config_.key_count,
            "frame between keys ", frame.from_key, " and ", frame.to_key, ": there are ", config_.key_count);
    require(frame.weight >= 0.0 && frame.weight <= 1.0, "frame weight: ", frame.weight, " is not in 0..1");
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended() || submitted_ - collected_ < 2; });
  if (ended()) fail_ended();
  batches_[submitted_ % 2].frames = frames;
  ++submitted_;
  changed_.notify_all();
  if (queueing_.joinable()) return;
  queue_batch(lock);
  if (ended()) fail_ended();
}

void RenderJob::queue_batches() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ended() || submitted_ > queued_; });
    if (ended()) return;
    queue_batch(lock);
  }
}

void RenderJob::queue_batch(std::unique_lock<std::mutex>& lock) {
  const Batch& batch = batches_[queued_ % 2];
  lock.unlock();
  std::exception_ptr failure;
  try {
    backend_.make_current();
    sample(batch);
    decode(batch);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  failure_ = failure;
  if (!failure) ++queued_;
  changed_.notify_all();
}

void RenderJob::fail_ended() const {
  if (cancelled_) fail(Status::kCancelled, "cancelled");
  std::rethrow_exception(failure_);
}

void RenderJob::sample(const Batch& batch) {
  batch.begun->record();
  const auto count = static_cast<int64_t>(batch.frames.size()), size = sampler_.group();
  for (int64_t first = 0; first < count; first += size) {
    const auto begin = batch.frames.begin() + first;
    std::vector<FrameSpec> group(begin, begin + std::min(size, count - first));
    group.resize(static_cast<size_t>(size), group.back());  // one shape for every group
    sampler_.sample(batch.x.tensor().batch_slice(first, size), group);
  }
  batch.sampled->record();
}

void RenderJob::decode(const Batch& batch) {
  const auto count = static_cast<int64_t>(batch.frames.size());
  decoding_->wait_for(*batch.sampled);
  batch.decoding->record();
  decoder_.decode(batch.x, count);
  batch.decoded->record();
  decoder_.download(count, batch.pixels.get(), reinterpret_cast<int32_t*>(batch.finite.get()));
  batch.copied->record();
}

void RenderJob::collect(void* pixels, int64_t pixel_bytes) {
  std::unique_lock lock(mutex_);
  if (ended()) fail_ended();
  if (submitted_ == collected_) fail(Status::kInvalidState, "every submitted batch is collected");
  const Batch& batch = batches_[collected_ % 2];
  changed_.wait(lock, [&] { return ended() || queued_ > collected_; });
  if (ended()) fail_ended();
  lock.unlock();
  batch.copied->wait();
  if (cancelled_) fail(Status::kCancelled, "cancelled");
  const auto count = static_cast<int64_t>(batch.frames.size());
  const int64_t bytes = count * config_.frame_bytes();
  require(pixel_bytes >= bytes, "pixel_bytes: ", pixel_bytes, " where ", count, " frames take ", bytes);
  const int64_t wide_decodes = decode_wide(batch);
  const std::optional<FrameSpec> damaged = not_finite(batch);
  if (!damaged) std::memcpy(pixels, batch.pixels.get(), static_cast<size_t>(bytes));

  lock.lock();
  ++collected_;
  stats_.frames += count;
  stats_.wide_decodes += wide_decodes;
  stats_.sampling_seconds += batch.sampled->seconds_since(*batch.begun);
  stats_.decoding_seconds += batch.decoded->seconds_since(*batch.decoding);
  stats_.copying_seconds += batch.copied->seconds_since(*batch.decoded);
  changed_.notify_all();
  lock.unlock();
  if (damaged) {
    fail(Status::kNotFinite, "the picture between prompts ", damaged->from_key, " and ", damaged->to_key,
         " at weight ", damaged->weight,
         " has NaN or infinity: the UNet or the VAE overflowed, or its weights are damaged");
  }
}

void RenderJob::make_wide_decoder() {
  if (wide_ || backend_.activation_type() == DType::kF32) return;
  wide_ = std::make_unique<WideDecoder>(model_, backend_, config_);
}

int64_t RenderJob::decode_wide(const Batch& batch) {
  auto* finite = reinterpret_cast<int32_t*>(batch.finite.get());
  int64_t decodes = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(batch.frames.size()); ++i) {
    if (finite[i] != 0) continue;
    make_wide_decoder();
    if (!wide_) break;
    wide_->decoder.decode(batch.x.tensor().batch_slice(i, 1), 1);
    wide_->decoder.download(1, batch.pixels.get() + i * config_.frame_bytes(), finite + i);
    wide_->queue->synchronize();
    ++decodes;
  }
  return decodes;
}

std::optional<FrameSpec> RenderJob::not_finite(const Batch& batch) const {
  const auto* finite = reinterpret_cast<const int32_t*>(batch.finite.get());
  for (size_t i = 0; i < batch.frames.size(); ++i) {
    if (finite[i] == 0) return batch.frames[i];
  }
  return std::nullopt;
}

void RenderJob::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

RenderStats RenderJob::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

int64_t bytes_of_job(const Model& model, const RenderConfig& config) {
  const std::unique_ptr<Backend> backend = model.backend.rehearsal();
  const RenderJob job(model, *backend, config);
  return backend->memory().peak();
}

int64_t largest_batch(const Model& model, const RenderConfig& config, int64_t free_bytes) {
  // For what is not of our counting: graphs, the driver's own, rounding.
  constexpr int64_t kReserve = 256 << 20;
  RenderConfig tried = config;
  tried.batch = std::min<int64_t>(config.batch, model.backend.frames_per_evaluation());
  // One after the other: a smaller batch may take more, when it is decoded in larger groups.
  while (tried.batch > 0 && bytes_of_job(model, tried) > free_bytes - kReserve) --tried.batch;
  return tried.batch;
}

}  // namespace ltw
