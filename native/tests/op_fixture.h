// What the ops' tests share: a device, host data rounded to its activation type, and runs of one op in every
// mode of Context. A test written with LTW_OP_TEST runs on every device of this build and machine.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backend/context.h"
#include "ops/weights.h"
#include "selftest.h"

namespace ltw::test {

using Values = std::vector<float>;
using Doubles = std::vector<double>;

// How far an op's result may lie from the one in doubles: absolute + relative * |expected|.
struct Tolerance {
  double absolute, relative;
};
struct Tolerances {
  Tolerance product, norm, attention, elementwise;
};
const Tolerances& tolerances(DType type);

// A tensor in memory of its own: dense, or channels [begin, begin + c) of rows of `width` elements.
struct Placed {
  OwnedTensor storage;
  Tensor view;
  operator const Tensor&() const { return view; }
};

struct Slice {
  int64_t begin = 0;
  int64_t width = 0;  // 0: dense
};

class OpFixture {
 public:
  // wide: activations are float32, whatever the device's own are.
  explicit OpFixture(const std::string& device, bool wide = false) : backend_(create_backend(device, 0)) {
    backend_->make_current();
    type_ = wide ? DType::kF32 : backend_->activation_type();
  }

  Backend& backend() const { return *backend_; }
  DType type() const { return type_; }  // of activations
  const Tolerances& tolerance() const { return tolerances(type()); }

  // Normally distributed and rounded to the activation type, so that the device sees what the reference sees.
  Values random(int64_t count, double deviation = 1, double mean = 0);
  // The same rounded to the type that the device keeps weights in.
  Values random_weights(int64_t count, double deviation);
  // In the activation type; everything outside a slice is NaN.
  Placed upload(const Shape& shape, const Values& values, Slice slice = {}) const;
  OwnedTensor upload_f32(const Shape& shape, const Values& values) const;
  OwnedTensor upload_i32(const Shape& shape, const std::vector<int32_t>& values) const;
  // Poisoned with NaN (all bits set) throughout.
  Placed output(const Shape& shape, Slice slice = {}) const { return output(shape, type(), slice); }
  Placed output(const Shape& shape, DType type, Slice slice = {}) const;
  NormWeights norm_weights(const Values& gamma, const Values& beta) const;

  // The view's elements as floats.
  Values download(const Placed& placed) const;

  using Op = std::function<void(Context&)>;
  // Runs `op` at once and recorded, twice each, from poisoned memory (or `initial`, for ops that read their
  // destination): every run must write every element, nothing outside the view, and the same bits.
  Values run(const Placed& out, const Op& op, const Values& initial = {}) const;
  // The same from given bytes of one tensor's memory to its bytes.
  std::vector<unsigned char> run_bytes(const Tensor& memory, const std::vector<unsigned char>& initial,
                                       const Op& op) const;

 private:
  std::vector<unsigned char> encode(const Values& values, DType type) const;
  Values decode(const std::vector<unsigned char>& bytes, DType type) const;

  Values random(int64_t count, double deviation, double mean, DType type);
  // `ctx` with this fixture's type of activations.
  Context in_type(const Context& ctx) const { return type_ == DType::kF32 ? ctx.wide() : ctx; }

  std::unique_ptr<Backend> backend_;
  DType type_;
  std::mt19937 generator_{2024};
};

void expect_close(const Values& got, const Doubles& expected, Tolerance tolerance, const std::string& what);
// Norm of the difference over the norm of `expected`; NaN where one is not finite.
double relative_error(const Values& got, const Values& expected);
void expect_same_bits(const Values& a, const Values& b, const std::string& what);
// The op must refuse: any ltw::Error.
void expect_refused(const std::function<void()>& call, const std::string& what);

// "cpu", and "cuda:0" where this build and machine have it, there also with float32 activations;
// LTW_TEST_DEVICES=cuda:0 picks one.
void on_every_device(const std::function<void(OpFixture&)>& body);

}  // namespace ltw::test

#define LTW_OP_TEST(name)                                     \
  static void name##_on(::ltw::test::OpFixture& t);           \
  LTW_TEST(name) { ::ltw::test::on_every_device(name##_on); } \
  static void name##_on([[maybe_unused]] ::ltw::test::OpFixture& t)
