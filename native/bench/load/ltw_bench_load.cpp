// How long a checkpoint of Stable Diffusion 1.5's size takes from the page cache to the device.
//   ltw_bench_load write FILE       random weights in float16, 2.1 GB
//   ltw_bench_load FILE [DEVICE]    seconds: device opened, model created twice, memory allocated alone
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

#include "engine/model.h"
#include "layers/random_weights.h"
#include "sd15.h"

namespace ltw {
namespace {

// Notes what a model asks for and packs nothing.
class Inventory final : public WeightSource, public Packer {
 public:
  mutable std::vector<std::pair<std::string, Shape>> tensors;

  Inventory() {
    const ModelConfig config = bench::stable_diffusion_1();
    const auto scope = [this](const char* prefix) { return WeightScope(*this, *this, prefix); };
    ClipText(scope("text_encoder.text_model"), config.text);
    UNet(scope("unet"), config.unet);
    VaeDecoder(scope("vae"), config.vae);
    VaeEncoder(scope("vae"), config.vae);
  }
  StoredTensor find(const std::string& name, const Shape& shape) const override {
    tensors.emplace_back(name, shape);
    return {name, Tensor(nullptr, DType::kF16, shape)};
  }
  PackedWeights linear_product(const StoredTensor&, const StoredTensor&, const StoredTensor*) override {
    return {};
  }
  PackedWeights conv2d(const StoredTensor&, const StoredTensor*, bool) override { return {}; }
  PackedWeights linear(const std::vector<StoredTensor>&, const std::vector<StoredTensor>&) override {
    return {};
  }
  OwnedTensor vector(const StoredTensor&) override { return {}; }
  OwnedTensor table(const StoredTensor&) override { return {}; }
  void finish() override {}
};

void write(const char* path) {
  const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path, "wb"), std::fclose);
  ensure(file != nullptr, "cannot write ", path);
  for (const auto& [name, shape] : Inventory().tensors) {
    const StoredTensor values = RandomSource(1).find(name, shape);
    const size_t bytes = static_cast<size_t>(values.tensor.bytes());
    ensure(std::fwrite(values.tensor.data, 1, bytes, file.get()) == bytes, "cannot write ", path);
  }
}

template <typename Body>
void timed(const char* what, Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%-40s %.3f s\n", what, seconds.count());
  std::fflush(stdout);
}

void measure(const char* path, const char* device) {
  std::unique_ptr<Backend> backend;
  timed("device opened", [&] { backend = create_backend(device, 0); });
  backend->make_current();

  const Inventory inventory;
  const int descriptor = open(path, O_RDONLY);
  ensure(descriptor >= 0, "cannot read ", path);
  const size_t bytes = static_cast<size_t>(lseek(descriptor, 0, SEEK_END));
  char* memory = static_cast<char*>(mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0));
  ensure(memory != MAP_FAILED, "cannot map ", path);
  CheckpointSource source;
  int64_t at = 0;
  for (const auto& [name, shape] : inventory.tensors) {
    const Tensor tensor(memory + at, DType::kF16, shape);
    source.add(name, tensor);
    at += tensor.bytes();
  }
  ensure(at == static_cast<int64_t>(bytes), path, " has ", bytes, " bytes, not ", at);
  std::printf("%zu tensors, %.2f GB\n", inventory.tensors.size(), static_cast<double>(bytes) * 1e-9);

  for (const char* what : {"model created", "model created again"}) {
    std::unique_ptr<Model> model;
    timed(what, [&] { model = std::make_unique<Model>(*backend, bench::stable_diffusion_1(), source); });
  }
  timed("model of random weights created",
        [&] { Model(*backend, bench::stable_diffusion_1(), RandomSource(1)); });
  std::vector<Buffer> buffers;
  timed("memory of that many tensors allocated", [&] {
    for (const auto& [name, shape] : inventory.tensors)
      buffers.push_back(backend->allocate(2 * shape.size()));
  });
}

}  // namespace
}  // namespace ltw

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::strcmp(argv[1], "write") == 0) {
      ltw::write(argv[2]);
    } else if (argc == 2 || argc == 3) {
      ltw::measure(argv[1], argc == 3 ? argv[2] : "cuda:0");
    } else {
      std::fprintf(stderr, "usage: ltw_bench_load write FILE | FILE [DEVICE]\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
