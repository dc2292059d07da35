#include "ops/attention.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "op_fixture.h"

namespace ltw {
namespace {

using test::Doubles;
using test::expect_close;
using test::OpFixture;
using test::Placed;
using test::Slice;
using test::Values;

struct Case {
  int64_t n, queries, keys, heads, size;
  bool causal = false;
  bool fused = false;      // q, k and v are slices of one projection, as is dst of a wider tensor
  double deviation = 1.5;  // of q and k: scores far enough apart that softmax picks
};

Doubles reference(const Case& c, const Values& q, const Values& k, const Values& v) {
  const int64_t channels = c.heads * c.size;
  Doubles y(q.size()), weight(static_cast<size_t>(c.keys));
  for (int64_t i = 0; i < c.n * c.queries * c.heads; ++i) {
    const int64_t head = i % c.heads, row = i / c.heads, query = row % c.queries, sample = row / c.queries;
    const int64_t seen = c.causal ? std::min(query + 1, c.keys) : c.keys;
    const float* a = &q[row * channels + head * c.size];
    double largest = -INFINITY, sum = 0;
    for (int64_t j = 0; j < seen; ++j) {
      const float* b = &k[(sample * c.keys + j) * channels + head * c.size];
      double dot = 0;
      for (int64_t e = 0; e < c.size; ++e) dot += static_cast<double>(a[e]) * b[e];
      weight[j] = dot / std::sqrt(static_cast<double>(c.size));
      largest = std::max(largest, weight[j]);
    }
    for (int64_t j = 0; j < seen; ++j) sum += weight[j] = std::exp(weight[j] - largest);
    for (int64_t j = 0; j < seen; ++j) {
      const float* b = &v[(sample * c.keys + j) * channels + head * c.size];
      for (int64_t e = 0; e < c.size; ++e) y[row * channels + head * c.size + e] += weight[j] / sum * b[e];
    }
  }
  return y;
}

Values run(OpFixture& t, const Case& c, const Values& q, const Values& k, const Values& v) {
  const int64_t channels = c.heads * c.size;
  const auto slice = [&](int64_t part) { return c.fused ? Slice{part * channels, 3 * channels} : Slice{}; };
  const Shape from{c.n, c.queries, channels}, to{c.n, c.keys, channels};
  const Placed q_at = t.upload(from, q, slice(0)), k_at = t.upload(to, k, slice(1)),
               v_at = t.upload(to, v, slice(2));
  const Placed out = t.output(from, slice(1));
  return t.run(out, [&](Context& ctx) { attention(out, q_at, k_at, v_at, {c.heads, c.causal}, ctx); });
}

void check(OpFixture& t, const Case& c) {
  const int64_t channels = c.heads * c.size;
  const Values q = t.random(c.n * c.queries * channels, c.deviation);
  const Values k = t.random(c.n * c.keys * channels, c.deviation), v = t.random(c.n * c.keys * channels);
  expect_close(run(t, c, q, k, v), reference(c, q, k, v), t.tolerance().attention,
               text(c.n, "x", c.queries, "x", c.keys, ", ", c.heads, " heads of ", c.size,
                    c.causal ? ", causal" : "", c.fused ? ", slices" : ""));
}

// Several tests: a sanitizer takes 10 s for each.
void check_head_sizes(OpFixture& t, std::initializer_list<int64_t> sizes) {
  for (const int64_t size : sizes) {
    check(t, {2, 33, 70, 2, size});
    check(t, {1, 67, 77, 1, size, false, true});
  }
}

LTW_OP_TEST(attention_heads_of_8_to_32) { check_head_sizes(t, {8, 10, 16, 20, 32}); }
LTW_OP_TEST(attention_heads_of_40_to_80) { check_head_sizes(t, {40, 64, 80}); }
LTW_OP_TEST(attention_heads_of_96_to_512) { check_head_sizes(t, {96, 128, 160, 512}); }

LTW_OP_TEST(attention_lengths) {
  for (const int64_t queries : {1, 2, 63, 64, 65, 130, 256}) {
    for (const int64_t keys : {1, 7, 64, 77, 193}) check(t, {1, queries, keys, 2, 40});
  }
  check(t, {1, 256, 1024, 1, 40});
  check(t, {1, 16, 4096, 1, 40});
}

// Many blocks of queries and a last one that is not full.
LTW_OP_TEST(attention_long) { check(t, {1, 530, 2050, 2, 12, false, true}); }

LTW_OP_TEST(attention_causal) {
  check(t, {1, 77, 77, 4, 16, true});
  check(t, {2, 77, 77, 2, 64, true, true});
  check(t, {1, 1, 1, 1, 8, true});
  check(t, {1, 150, 150, 1, 32, true});
}

// Scores in the thousands: exp must see the distance from the largest only.
LTW_OP_TEST(attention_large_scores) { check(t, {1, 40, 90, 2, 40, false, false, 40}); }

// Later keys outdo all before them, by little and by much: what was summed is put in relation to each new
// largest score.
LTW_OP_TEST(attention_growing_scores) {
  const Case c{1, 70, 700, 2, 40};
  const Values q = t.random(c.n * c.queries * 80, 0.1, 1), v = t.random(c.n * c.keys * 80);
  for (const float growth : {2.0f, 10.0f, 40.0f}) {
    Values k = t.random(c.n * c.keys * 80, 0.1);
    for (size_t i = 0; i < k.size(); ++i) {
      k[i] += growth / std::sqrt(40.0f) * static_cast<float>(i) / static_cast<float>(k.size());
    }
    k = t.download(t.upload(Shape{c.n, c.keys, 80}, k));  // rounded
    expect_close(run(t, c, q, k, v), reference(c, q, k, v), t.tolerance().attention,
                 text("scores that grow by ", growth));
  }
}

// Few samples and many, whose queries may be shared out differently, one block doing several heads'.
LTW_OP_TEST(attention_batch_invariance) {
  for (const Case& c : {Case{3, 70, 77, 2, 40}, Case{50, 256, 130, 8, 16}, Case{50, 256, 77, 8, 8},
                        Case{26, 250, 130, 8, 160}}) {
    const int64_t channels = c.heads * c.size;
    const Case one{1, c.queries, c.keys, c.heads, c.size};
    const Values q = t.random(c.n * c.queries * channels), k = t.random(c.n * c.keys * channels),
                 v = t.random(c.n * c.keys * channels);
    Values apart;
    for (int64_t n = 0; n < c.n; ++n) {
      const auto part = [&](const Values& values) {
        const auto size = static_cast<std::ptrdiff_t>(values.size()) / c.n;
        return Values(values.begin() + n * size, values.begin() + (n + 1) * size);
      };
      const Values y = run(t, one, part(q), part(k), part(v));
      apart.insert(apart.end(), y.begin(), y.end());
    }
    test::expect_same_bits(run(t, c, q, k, v), apart, text(c.n, " samples together and apart"));
  }
}

LTW_OP_TEST(attention_refuses_other_shapes) {
  const Placed q = t.upload(Shape{1, 3, 12}, Values(36)), k = t.upload(Shape{1, 5, 12}, Values(60));
  const Placed narrow = t.upload(Shape{1, 5, 8}, Values(40)), out = t.output(Shape{1, 3, 12});
  const Placed few = t.upload(Shape{1, 2, 12}, Values(24));
  const auto run_with = [&](const Tensor& keys, int64_t heads, bool causal = false) {
    t.run(out, [&](Context& ctx) { attention(out, q, keys, keys, {heads, causal}, ctx); });
  };
  run_with(k, 3);
  test::expect_refused([&] { run_with(k, 5); }, "12 channels in 5 heads");
  test::expect_refused([&] { run_with(narrow, 2); }, "keys of fewer channels");
  run_with(few, 3);
  run_with(k, 3, true);
  test::expect_refused([&] { run_with(few, 3, true); }, "more causal queries than keys");
}

}  // namespace
}  // namespace ltw
