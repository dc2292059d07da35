#include "ops/attention/attention_mma.cuh"

namespace ltw::cuda {
namespace {

// Two query tiles a warp halve the reads of keys and values but leave room for 8 warps instead of 16. On an
// H100 (4096x4096, B8 H5) that is 542 us instead of 709 at 64; at 80 (1024x1024, B32 H8) it is 370 instead of
// 345, and at 40 no difference but for few keys (4096x77: 170 instead of 158).
using Attention40 = AttentionTile<48, 40, 1, 64, 8, 1, true>;
using Attention64 = AttentionTile<64, 64, 1, 64, 4, 2, true>;
using Attention80 = AttentionTile<80, 80, 1, 64, 8, 1, true>;
using Attention160 = AttentionTile<160, 160, 1, 64, 4, 1, true>;
// The VAE's one head: two blocks share its columns, each computing all scores (1.5 times the operations).
using Attention512 = AttentionTile<512, 256, 2, 32, 4, 1, false>;

template <class Tile>
bool launch(const AttentionArgs& args, const CudaBackend& backend) {
  if (Tile::kSharedBytes > backend.limits().shared_bytes_per_block) return false;
  const auto kernel = attention_mma<Tile>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "attention_mma");
  const dim3 grid(static_cast<unsigned>((args.queries + Tile::kQueries - 1) / Tile::kQueries),
                  static_cast<unsigned>(args.heads * Tile::kSlices), static_cast<unsigned>(args.samples));
  kernel<<<grid, Tile::kThreads, Tile::kSharedBytes, backend.stream()>>>(args);
  check_launch("attention_mma");
  return true;
}

}  // namespace

bool launch_attention_mma(const AttentionArgs& args, const CudaBackend& backend) {
  if (!in_pieces(args)) return false;
  if (args.head_size <= 40) return launch<Attention40>(args, backend);
  if (args.head_size <= 64) return launch<Attention64>(args, backend);
  if (args.head_size <= 80) return launch<Attention80>(args, backend);
  if (args.head_size <= 160) return launch<Attention160>(args, backend);
  if (args.head_size == 512) return launch<Attention512>(args, backend);
  return false;
}

}  // namespace ltw::cuda
