#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "backend/context.h"
#include "sampling/noise.h"

namespace ltw {

// The noise of frames, in Deforum's order of draws. A frame's generators start anew from its key's seed, so
// all frames of one seed share all their noise, and it is drawn once. A frame between keys of different seeds
// takes the slerp of theirs, draw by draw.
//
// Order: the CPU generator gives the posterior's noise when there is an init picture; the chosen generator
// then gives one draw that is thrown away when there is an init picture, the start noise, and the steps'
// noise.
class FrameNoise {
 public:
  // latent: [1, h, w, channels] of one frame.
  FrameNoise(Backend& backend, Generator generator, std::vector<uint64_t> key_seeds, const Shape& latent,
             bool has_init);

  // A frame's place between two keys.
  struct Blend {
    int64_t from_key, to_key;
    double weight;
  };

  // Makes draws 0 (start), 1, 2, ... (steps) of every seed below `count`: nothing waits for them later.
  void prepare(size_t count);
  void draw(const Tensor& dst, const Blend& blend, size_t index, Context& ctx);

  // A frame's noise is the sum of `weight` times these; channels first, in host memory. They stay where they
  // are.
  struct Part {
    double weight;
    const std::vector<float>* values;
  };
  std::vector<Part> posterior(const Blend& blend);

 private:
  struct Draw {
    std::vector<float> values;  // as drawn, channels first
    OwnedTensor tensor;         // channels last, in device memory
  };
  struct Seed {
    explicit Seed(const NoiseSource& from) : source(from) {}
    NoiseSource source;
    std::vector<float> posterior;
    std::deque<Draw> draws;  // references into it stay valid as it grows
  };

  Seed& seed_of(int64_t key);
  const Draw& draw_of(int64_t key, size_t index);
  std::vector<float> next(NoiseSource& source) const;
  // Whether the frame has the noise of its first key alone.
  bool unblended(const Blend& blend) const;

  Backend& backend_;
  const Generator generator_;
  const std::vector<uint64_t> key_seeds_;
  const Shape latent_;
  const bool has_init_;
  std::map<uint64_t, std::unique_ptr<Seed>> seeds_;
};

}  // namespace ltw
