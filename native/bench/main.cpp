// What the engine's ops and networks take on a device, without a model file: see kUsage.
#include <cstdio>
#include <cstdlib>

#include "bench.h"
#include "check.h"
#include "profile.h"

namespace ltw::bench {
namespace {

constexpr const char* kUsage = R"(usage: ltw_bench MODE [ARGUMENT...] [OPTION...]
  ops [FILTER]       single ops at Stable Diffusion 1.5's shapes, of the families whose name contains FILTER
  networks [NAME...] whole networks of random weights: unet-N, vae-N (the decoder) and text-N, at batch N
  profile NAME...    where a network spends its time
  check              the networks' results beside the CPU's; their bits alone and in a batch
options:
  --device NAME      cuda, cuda:N or cpu; cuda where this build has it
  --batch N          of ops: evaluations at once; 32, on the CPU 1
  --latent N         of networks: height and width of the latents; 64
  --torch FILE       torch's times, to be put beside: see tools/torch_baseline.py
  --floor T,G        the device's rates, TFLOP/s and GB/s; measured otherwise
  --list             only which ops there are, for torch_baseline.py; times nothing
)";

struct Options {
#ifdef LTW_CUDA
  std::string device = "cuda";
#else
  std::string device = "cpu";
#endif
  std::vector<std::string> words;
  std::optional<Floor> floor;
  TorchTimes torch;
  int64_t batch = 0, latent = 64;
  bool list = false;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--list") {
      options.list = true;
    } else if (!word.starts_with("--")) {
      options.words.push_back(word);
    } else {
      require(i + 1 < argc, word, " needs a value\n", kUsage);
      const char* value = argv[++i];
      if (word == "--device") {
        options.device = value;
      } else if (word == "--batch") {
        options.batch = std::atoll(value);
        require(options.batch > 0, "--batch: ", value, " must be 1 or more");
      } else if (word == "--latent") {
        options.latent = std::atoll(value);
        require(options.latent > 0 && options.latent % 8 == 0, "--latent: ", value,
                " must be a multiple of 8");
      } else if (word == "--torch") {
        options.torch = TorchTimes(value);
      } else if (word == "--floor") {
        double tera = 0, giga = 0;
        require(std::sscanf(value, "%lf,%lf", &tera, &giga) == 2 && tera > 0 && giga > 0, "--floor: ", value,
                " is not TFLOP/s,GB/s");
        options.floor = Floor{tera * 1e12, giga * 1e9};
      } else {
        require(false, "unknown option ", word, "\n", kUsage);
      }
    }
  }
  require(!options.words.empty(), kUsage);
  return options;
}

void time_ops(Backend& backend, const Options& options, const Report& report, const std::string& filter) {
  const int64_t batch = backend.device() == DeviceKind::kCpu ? 1 : 32;
  Bench bench(backend, report, options.batch > 0 ? options.batch : batch);
  report.heading();
  for (const Family& family : families()) {
    if (family.name.find(filter) != std::string::npos) family.body(bench);
  }
}

void time_networks(Backend& backend, Networks networks, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Forward forward = networks.forward(name);  // holds what goes in and out
    Recording recording(backend, forward);
    std::printf("%s\t%s ms\n", name.c_str(), fixed(recording.median_seconds(0.5) * 1e3, 2).c_str());
    std::fflush(stdout);
  }
}

void run(const Options& options) {
  const std::unique_ptr<Backend> backend = create_backend(options.device, 0);
  backend->make_current();
  std::printf("# %s\n", backend->description().c_str());
  const std::string mode = options.words.front();
  std::vector<std::string> names(options.words.begin() + 1, options.words.end());
  const auto make_report = [&] {
    if (options.list) return Report(std::nullopt, {});
    return Report(options.floor ? options.floor : measure_floor(*backend, options.torch), options.torch);
  };
  if (mode == "ops") {
    time_ops(*backend, options, make_report(), names.empty() ? "" : names.front());
  } else if (mode == "networks") {
    if (names.empty()) names = {"unet-2", "unet-8", "unet-32", "unet-64", "vae-1", "vae-8", "text-1"};
    time_networks(*backend, Networks(*backend, options.latent), names);
  } else if (mode == "profile") {
    Networks networks(*backend, options.latent);
    const Report report = make_report();
    for (const std::string& name : names) profile(networks, name, report);
  } else if (mode == "check") {
    check_networks(*backend, options.latent);
  } else {
    require(false, "unknown mode ", mode, "\n", kUsage);
  }
}

}  // namespace
}  // namespace ltw::bench

int main(int argc, char** argv) {
  try {
    ltw::bench::run(ltw::bench::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ltw_bench: %s\n", error.what());
    return 1;
  }
}
