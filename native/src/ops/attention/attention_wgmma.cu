#include <algorithm>

#include "ops/attention/attention.h"
#include "ops/attention/attention_wgmma.cuh"
#include "ops/gemm/tensor_map.h"

namespace ltw::cuda {
namespace {

// Four groups and few keys beat two or three groups and more keys everywhere on an H100, though they read
// shared memory most: at 40 (4096x4096, B32 H8) 1632 us against 1767 with three groups and 96 keys. With 64
// keys at 80 the registers do not suffice (1024x1024: 192 us instead of 178), nor at 64 and 80 for queries.
template <int kGroups>
using Attention40 = AttentionWgmmaTile<48, 40, 64, kGroups, 4, true>;
template <int kGroups>
using Attention64 = AttentionWgmmaTile<64, 64, 64, kGroups, 4, false>;
template <int kGroups>
using Attention80 = AttentionWgmmaTile<80, 80, 48, kGroups, 3, false>;
template <int kGroups>
using Attention160 = AttentionWgmmaTile<160, 160, 32, kGroups, 4, true, 2>;
// All keys at once: a prompt's 77 tokens, or 8x8 pixels.
using Attention40Short = AttentionWgmmaTile<48, 40, 80, 4, 3, false, 2>;
using Attention64Short = AttentionWgmmaTile<64, 64, 80, 3, 2, false, 2>;
using Attention80Short = AttentionWgmmaTile<80, 80, 80, 3, 2, false, 2>;
using Attention160Short = AttentionWgmmaTile<160, 160, 80, 2, 1, true, 2>;
// The same for few queries in all.
using Attention40Few = AttentionWgmmaTile<48, 40, 80, 1, 1, false, 1, 2>;
using Attention64Few = AttentionWgmmaTile<64, 64, 80, 1, 1, false, 1, 2>;
using Attention80Few = AttentionWgmmaTile<80, 80, 80, 1, 1, false, 1, 2>;
using Attention160Few = AttentionWgmmaTile<160, 160, 80, 1, 1, true, 1, 2>;
// The VAE's one head, its columns shared by two groups (1.5 times the operations).
using Attention512 = AttentionWgmmaTile<512, 256, 32, 2, 2, false, 1, 1, 2>;

CUtensorMap heads_map(const __half* data, int64_t row_stride, int tokens, int rows,
                      const AttentionArgs& args) {
  const TensorAxis axes[] = {{args.head_size, 1, 64},
                             {args.heads, args.head_size, 1},
                             {tokens, row_stride, rows},
                             {args.samples, row_stride * tokens, 1}};
  return tensor_map(data, axes, 4);
}

template <class Tile>
int blocks(const AttentionArgs& args) {
  return (args.queries + Tile::kQueries - 1) / Tile::kQueries * args.heads * args.samples;
}

template <class Tile>
bool launch(const AttentionArgs& args, const CudaBackend& backend) {
  constexpr bool kNarrows = Tile::kSlices == 1;
  const bool narrow = args.inverse > 0;
  if (Tile::kSharedBytes > backend.limits().shared_bytes_per_block || (narrow && !kNarrows)) return false;
  const int query_tiles = (args.queries + Tile::kQueries - 1) / Tile::kQueries;
  const AttentionMaps maps{
      heads_map(args.q, args.q_stride, args.queries, 64, args),
      heads_map(args.k, args.k_stride, args.keys, Tile::kKeys, args),
      heads_map(args.v, args.v_stride, args.keys, Tile::kKeys, args),
      narrow ? CUtensorMap{} : heads_map(args.dst, args.dst_stride, args.queries, 64, args),
      {reinterpret_cast<uint8_t*>(args.dst), args.dst_stride, args.queries, args.head_size, args.inverse},
      args.keys,
      args.scale_log2,
      query_tiles,
      args.heads,
      query_tiles * args.heads * args.samples};
  const auto kernel = narrow ? attention_wgmma<Tile, kNarrows> : attention_wgmma<Tile, false>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "attention_wgmma");
  const int grid =
      Tile::kOneTile ? maps.tiles : std::min(maps.tiles, backend.limits().multiprocessors * Tile::kBlocks);
  launch_early("attention_wgmma", kernel,
               {dim3(static_cast<unsigned>(grid)), Tile::kThreads, Tile::kSharedBytes}, backend, maps);
  return true;
}

// How the queries are shared out is free, as no query's result depends on it: small batches take blocks of
// half the queries where the whole ones would leave multiprocessors idle.
template <template <int> class Tile, int kGroups, class Short, class Few>
bool launch_one_of(const AttentionArgs& args, const CudaBackend& backend) {
  if (args.keys <= Short::kKeys) {
    if (args.queries <= 64 || blocks<Short>(args) < backend.limits().multiprocessors) {
      return launch<Few>(args, backend);
    }
    return launch<Short>(args, backend);
  }
  if (blocks<Tile<kGroups>>(args) < backend.limits().multiprocessors) {
    return launch<Tile<kGroups / 2>>(args, backend);
  }
  return launch<Tile<kGroups>>(args, backend);
}

}  // namespace

bool launch_attention_wgmma(const AttentionArgs& args, const CudaBackend& backend) {
  if (backend.limits().capability != 90 || args.causal || !in_pieces(args)) return false;
  if (args.head_size <= 40) {
    return launch_one_of<Attention40, 4, Attention40Short, Attention40Few>(args, backend);
  }
  if (args.head_size <= 64) {
    return launch_one_of<Attention64, 4, Attention64Short, Attention64Few>(args, backend);
  }
  if (args.head_size <= 80) {
    return launch_one_of<Attention80, 4, Attention80Short, Attention80Few>(args, backend);
  }
  if (args.head_size <= 160) {
    return launch_one_of<Attention160, 2, Attention160Short, Attention160Few>(args, backend);
  }
  if (args.head_size == 512) return launch<Attention512>(args, backend);
  return false;
}

}  // namespace ltw::cuda
