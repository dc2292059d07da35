// Plain rows that leave in boxes, beside the same from tiles that store for themselves: the same bits at the
// ends of rows and columns, in slices, in place, with terms.
#include <cstdlib>
#include <optional>

#include "op_fixture.h"
#include "ops/gemm/gemm_tiles.h"
#include "ops/linear.h"

namespace ltw {
namespace {

using test::OpFixture;
using test::Placed;
using test::Slice;
using test::Values;

constexpr int kHopper = 132, kHopperShared = 227 << 10;  // H100 SXM

enum class Residual { kNone, kInPlace, kElsewhere };

// The last tiles reach past the end of rows and columns.
struct BoxedRows {
  int64_t channels, term_channels;
  GemmFinish finish;
  Residual residual;
  bool sliced;

  static constexpr int64_t kRows = 500;
  bool gated() const { return finish == GemmFinish::kGated; }
  int64_t columns() const { return gated() ? 2 * 168 : 264; }
  // One column of tiles each: there resident weights are the choice.
  int multiprocessors() const { return static_cast<int>((columns() + 159) / 160); }

  const GemmTileShape& chosen(int multiprocessors) const {
    const int64_t steps = (channels + 63) / 64 + (term_channels + 63) / 64;
    const GemmSize size{kRows,  columns(),          steps, 1,
                        finish, term_channels == 0, true,  residual != Residual::kNone};
    const int tile = choose_gemm_tile(GemmFamily::kTma, size, multiprocessors, kHopperShared).tile;
    return gemm_tiles(GemmFamily::kTma)[static_cast<size_t>(tile)];
  }
};

OpFixture device(int multiprocessors) {
  setenv("LTW_CUDA_MULTIPROCESSORS", std::to_string(multiprocessors).c_str(), 1);
  OpFixture made("cuda:0");
  unsetenv("LTW_CUDA_MULTIPROCESSORS");
  return made;
}

struct BoxedValues {
  Values x, w, bias, residual, term_x, term_w;
};

Values run(OpFixture t, const BoxedRows& c, const BoxedValues& v) {
  const Shape to{c.kRows, c.gated() ? c.columns() / 2 : c.columns()};
  const auto slice = [&](int64_t begin) { return c.sliced ? Slice{begin, to.channels() + 24} : Slice{}; };
  const Placed src = t.upload(Shape{c.kRows, c.channels}, v.x), dst = t.output(to, slice(8)),
               other = t.upload(to, v.residual, slice(16));
  const PackedWeights weights =
      pack_linear(v.w, c.sliced ? Values{} : v.bias, c.columns(), c.channels, t.backend());
  Epilogue epilogue;
  if (c.gated()) epilogue.activation = Activation::kGeglu;
  if (c.residual == Residual::kElsewhere) epilogue.residual = other.view;
  if (c.residual == Residual::kInPlace) epilogue.residual = dst.view;
  std::optional<Placed> term;
  std::optional<PackedWeights> term_weights;
  if (c.term_channels > 0) {
    term = t.upload(Shape{c.kRows, c.term_channels}, v.term_x);
    term_weights = pack_linear(v.term_w, {}, c.columns(), c.term_channels, t.backend());
    epilogue.terms.push_back({*term, &*term_weights});
  }
  return t.run(
      dst, [&](Context& ctx) { linear(dst, src, weights, epilogue, ctx); },
      c.residual == Residual::kInPlace ? v.residual : Values{});
}

void check(OpFixture& t, const BoxedRows& c) {
  const auto random = [&](int64_t rows, int64_t columns) { return t.random(rows * columns, 0.2); };
  const BoxedValues values{
      random(c.kRows, c.channels),      random(c.columns(), c.channels),
      random(1, c.columns()),           random(c.kRows, c.gated() ? c.columns() / 2 : c.columns()),
      random(c.kRows, c.term_channels), random(c.columns(), c.term_channels)};
  test::expect_same_bits(run(device(c.multiprocessors()), c, values), run(device(kHopper), c, values),
                         "rows in boxes and stored by warps");
}

LTW_OP_TEST(gemm_boxes_hold_what_warps_store) {
  constexpr GemmFinish kPlain = GemmFinish::kPlain, kGated = GemmFinish::kGated;
  constexpr GemmSchedule kResident = GemmSchedule::kResident, kRows = GemmSchedule::kRows;
  struct Case {
    int64_t channels, term_channels;
    GemmFinish finish;
    GemmSchedule schedule;
    int rows;  // of a tile, where there is no residual
  };
  for (const Case& c :
       {Case{312, 0, kPlain, kResident, 128}, Case{312, 0, kGated, kResident, 128},
        Case{440, 0, kPlain, kRows, 128}, Case{440, 0, kGated, kRows, 128}, Case{312, 72, kPlain, kRows, 128},
        Case{1288, 0, kPlain, kRows, 256}, Case{1200, 64, kPlain, kRows, 256}}) {
    for (const Residual residual : {Residual::kNone, Residual::kInPlace, Residual::kElsewhere}) {
      for (const bool sliced : {false, true}) {
        const BoxedRows rows{c.channels, c.term_channels, c.finish, residual, sliced};
        const GemmTileShape& tile = rows.chosen(rows.multiprocessors());
        test::expect(tile.schedule == c.schedule &&
                         tile.rows == (residual == Residual::kNone ? c.rows : 128) &&
                         rows.chosen(kHopper).schedule == GemmSchedule::kWalk,
                     "other kernels are compared: ", c.channels, " channels");
        if (t.backend().device() == DeviceKind::kCuda && t.type() == DType::kF16) check(t, rows);
      }
    }
  }
}

}  // namespace
}  // namespace ltw
