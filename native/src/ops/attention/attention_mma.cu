#include "ops/attention/attention_mma.cuh"

namespace ltw::cuda {
namespace {

// Two query tiles a warp halve the reads of keys and values, as far as 255 registers reach.
using Attention40 = AttentionTile<48, 40, 1, 64, 2, true>;
using Attention64 = AttentionTile<64, 64, 1, 64, 2, true>;
using Attention80 = AttentionTile<80, 80, 1, 64, 2, true>;
using Attention160 = AttentionTile<160, 160, 1, 64, 1, true>;
// The VAE's one head: two blocks share its columns, each computing all scores (1.5 times the operations).
using Attention512 = AttentionTile<512, 256, 2, 32, 1, false>;

template <class Tile>
void launch(const AttentionArgs& args, const CudaBackend& backend) {
  ensure(Tile::kSharedBytes <= backend.limits().shared_bytes_per_block, "heads of ", args.head_size, " need ",
         Tile::kSharedBytes, " bytes of shared memory; a block has ",
         backend.limits().shared_bytes_per_block);
  const auto kernel = attention_mma<Tile>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "attention_mma");
  const dim3 grid(static_cast<unsigned>((args.queries + Tile::kQueries - 1) / Tile::kQueries),
                  static_cast<unsigned>(args.heads * Tile::kSlices), static_cast<unsigned>(args.samples));
  kernel<<<grid, Tile::kThreads, Tile::kSharedBytes, backend.stream()>>>(args);
  check_launch("attention_mma");
}

}  // namespace

void launch_attention(const AttentionArgs& args, const CudaBackend& backend) {
  if (args.head_size % 8 == 0 && args.head_size <= 40) return launch<Attention40>(args, backend);
  if (args.head_size % 8 == 0 && args.head_size <= 64) return launch<Attention64>(args, backend);
  if (args.head_size % 8 == 0 && args.head_size <= 80) return launch<Attention80>(args, backend);
  if (args.head_size % 8 == 0 && args.head_size <= 160) return launch<Attention160>(args, backend);
  if (args.head_size == 512) return launch<Attention512>(args, backend);
  fail(Status::kInvalidArgument, "attention: heads of ", args.head_size,
       "; multiples of 8 up to 160, and 512, have a kernel");
}

}  // namespace ltw::cuda
