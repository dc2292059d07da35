// What every op gets last: where it runs, and where its scratch memory comes from.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "backend/arena.h"
#include "backend/backend.h"
#include "backend/work.h"

namespace ltw {

using Step = std::function<void()>;

// A recorded forward pass: primitives made and pointers fixed, nothing left but to run it. On a device with
// graphs the first run captures the steps as one, and every run replays that.
class Program {
 public:
  void add(Step step) { steps_.push_back(std::move(step)); }
  void run() const {
    if (steps_.empty()) return;  // a rehearsal's
    if (recorded_on_ != nullptr) graph_ = recorded_on_->capture([this] { run_steps(); });
    recorded_on_ = nullptr;
    if (graph_ != nullptr) {
      graph_->launch();
    } else {
      run_steps();
    }
  }

 private:
  friend class Context;
  void run_steps() const {
    for (const Step& step : steps_) step();
  }

  std::vector<Step> steps_;
  mutable Backend* recorded_on_ = nullptr;  // until captured
  mutable std::unique_ptr<Graph> graph_;
};

// Ops do everything that depends on shapes alone at once and hand the rest to submit(). Pointers in tensors
// are not looked at before a submitted step runs; while measuring they are null.
class Context {
 public:
  // Measures what the forward pass needs of `arena`; runs nothing.
  static Context measure(Backend& backend, Arena& arena) {
    return Context(backend, arena, Mode::kMeasure, nullptr);
  }
  static Context record(Backend& backend, Arena& arena, Program& program) {
    program.recorded_on_ = &backend;
    return Context(backend, arena, Mode::kRecord, &program);
  }
  static Context immediate(Backend& backend, Arena& arena) {
    return Context(backend, arena, Mode::kImmediate, nullptr);
  }

  Backend& backend() const { return backend_; }
  bool measuring() const { return mode_ == Mode::kMeasure || backend_.rehearses(); }
  ArenaTensor tensor(const Shape& shape, DType dtype) { return arena_.tensor(shape, dtype); }
  // In e4m3, of a scale.
  ArenaTensor tensor_e4m3(const Shape& shape, float scale) {
    return arena_.tensor(shape, DType::kE4M3, scale);
  }
  // In the activation type.
  ArenaTensor tensor(const Shape& shape) { return tensor(shape, activation_type_); }
  // The backend's, or float32 in a context that was made so.
  DType activation_type() const { return activation_type_; }
  // The same with activations that do not overflow: float32, where the backend's are narrower. Slower.
  Context wide() const {
    Context other = *this;
    other.activation_type_ = DType::kF32;
    return other;
  }

  // Every op says what it does before it submits its steps, to an observer if there is one: `work` is not
  // called otherwise.
  void observe(std::function<void(const Work&)> observer) { observer_ = std::move(observer); }
  template <typename Description>
  void describe(const Description& work) {
    if (observer_) observer_(work());
  }

  void submit(Step step) {
    if (measuring()) return;
    if (mode_ == Mode::kRecord) {
      program_->add(std::move(step));
    } else {
      step();
    }
  }

 private:
  enum class Mode { kMeasure, kRecord, kImmediate };
  Context(Backend& backend, Arena& arena, Mode mode, Program* program)
      : backend_(backend),
        arena_(arena),
        mode_(mode),
        program_(program),
        activation_type_(backend.activation_type()) {}

  Backend& backend_;
  Arena& arena_;
  Mode mode_;
  Program* program_;
  DType activation_type_;
  std::function<void(const Work&)> observer_;
};

}  // namespace ltw
