"""Times whole renders with a model of Stable Diffusion 1.5's shapes and random weights, through the C interface.

Prints frames/s, the seconds of each stage, and how much of the time the GPU did nothing: one minus the length of the
union of all kernels' and copies' intervals over that of the window they lie in. The intervals are those that CUPTI
records, through torch's profiler, in a run of its own.
"""
import argparse
import ctypes as c
import json
import sys
import tempfile
import time

import numpy as np

from golden_check import BLOCKS, F64, I32, Library, ModelConfig, structure
from golden_renders import Frame, RenderConfig

I64 = c.c_int64
Stats = structure("Stats", [("frames", I64), ("wide_decodes", I64),
                            *((n, F64) for n in "text sampling decoding copying".split())])
SD15 = ModelConfig(
    text_vocab_size=49408, text_hidden_size=768, text_intermediate_size=3072, text_layers=12, text_heads=12,
    text_positions=77, text_activation=0, text_norm_eps=1e-5, unet_in_channels=4, unet_out_channels=4, unet_blocks=4,
    unet_layers_per_block=2, unet_block_channels=BLOCKS(320, 640, 1280, 1280), unet_heads=BLOCKS(8, 8, 8, 8),
    unet_down_attention=BLOCKS(1, 1, 1, 0), unet_up_attention=BLOCKS(0, 1, 1, 1), unet_context_size=768,
    unet_norm_groups=32, unet_linear_projection=0, unet_flip_sin_to_cos=1, unet_norm_eps=1e-5, unet_freq_shift=0,
    vae_in_channels=3, vae_out_channels=3, vae_latent_channels=4, vae_blocks=4, vae_layers_per_block=2,
    vae_block_channels=BLOCKS(128, 256, 512, 512), vae_norm_groups=32, vae_scaling_factor=0.18215, beta_start=0.00085,
    beta_end=0.012, train_timesteps=1000, prediction=0)
DPMPP_2M, KEYS = 9, 3


class Job:
    def __init__(self, library, model, batch, steps, size):
        self.library, self.batch = library, batch
        self.ids = np.arange(KEYS * 77, dtype=np.int32)
        self.seeds = np.full(KEYS, 5, np.uint64)
        self.config = RenderConfig(size, size, DPMPP_2M, 0, steps, steps, 7.0, 0.0, 0, 1, 8, batch, KEYS,
                                   self.ids.ctypes.data, self.ids.ctypes.data, self.seeds.ctypes.data, None)
        self.pixels = np.zeros((batch, size, size, 3), np.uint8)
        self.job = c.c_void_p()
        library.call("ltw_job_create", model, c.byref(self.config), c.byref(self.job))

    def submit(self, number):
        frames = (Frame * self.batch)(*(Frame(0, 1, ((number * self.batch + i) % 97) / 97) for i in range(self.batch)))
        self.library.call("ltw_job_submit", self.job, frames, I32(self.batch))

    def collect(self):
        self.library.call("ltw_job_collect", self.job, self.pixels, I64(self.pixels.nbytes))

    def stats(self):
        stats = Stats()
        self.library.call("ltw_job_stats", self.job, c.byref(stats))
        return stats

    def run(self, batches):
        """Seconds of so many batches in steady state: one batch is on its way at either end."""
        self.submit(0)
        self.submit(1)
        self.collect()
        start = time.perf_counter()
        for number in range(batches):
            self.submit(2 + number)
            self.collect()
        seconds = time.perf_counter() - start
        self.collect()
        return seconds

    def close(self):
        self.library.library.ltw_job_destroy(self.job)


def idle_share(job, batches):
    """Of the window between the first and the last kernel of the sampling of `batches` batches."""
    from torch.profiler import ProfilerActivity, profile
    with profile(acc_events=True, activities=[ProfilerActivity.CUDA]) as profiler:
        job.run(batches)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        profiler.export_chrome_trace(file.name)
        events = json.load(open(file.name))["traceEvents"]
    spans = sorted((e["ts"], e["ts"] + e["dur"], e["args"].get("stream")) for e in events
                   if e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset"))
    streams = {s: [b - a for a, b, t in spans if t == s] for s in {s for _, _, s in spans}}
    sampling = max(streams, key=lambda s: len(streams[s]))
    end = max(b for _, b, s in spans if s == sampling)
    spans = [(a, b) for a, b, _ in spans if a < end]
    busy, reached, gaps = 0.0, spans[0][0], []
    for begin, finish in spans:
        if begin > reached:
            gaps.append(begin - reached)
        busy += max(0.0, min(finish, end) - max(begin, reached))
        reached = max(reached, finish)
    window = end - spans[0][0]
    print(f"  {len(spans)} kernels and copies on {len(streams)} streams, window {window / 1e6:.3f} s; gaps over 20 us: "
          f"{sum(g for g in gaps if g > 20) / 1e3:.2f} ms in {sum(g > 20 for g in gaps)}, the longest {max(gaps) / 1e3:.2f} ms")
    return 1 - busy / window


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", help="liblatentween.so")
    parser.add_argument("device")
    parser.add_argument("--batch", type=int, nargs="+", default=[16])
    parser.add_argument("--frames", type=int, default=64, help="timed for each batch size")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--idle", action="store_true", help="the share of the time that the GPU did nothing; needs torch")
    options = parser.parse_args()
    library = Library(options.library)
    engine, model = c.c_void_p(), c.c_void_p()
    library.call("ltw_engine_create", options.device.encode(), I32(0), c.byref(engine))
    start = time.perf_counter()
    library.call("ltw_model_create_random", engine, c.byref(SD15), c.c_uint64(1), c.byref(model))
    print(f"model: {time.perf_counter() - start:.1f} s", flush=True)
    for batch in options.batch:
        start = time.perf_counter()
        job = Job(library, model, batch, options.steps, options.size)
        print(f"job: {time.perf_counter() - start:.2f} s, of the text {job.stats().text:.3f} s", flush=True)
        batches = max(1, options.frames // batch)
        job.run(1)
        before = job.stats()
        seconds = job.run(batches)
        after = job.stats()
        parts = {n: (getattr(after, n) - getattr(before, n)) / (batches + 2) for n in "sampling decoding copying".split()}
        print(f"batch {batch}, {options.steps} steps, {options.size}x{options.size}: {batches * batch / seconds:.3f} frames/s, "
              f"{seconds / batches:.4f} s a batch: " + ", ".join(f"{n} {s:.4f}" for n, s in parts.items()) +
              f"; mean level {job.pixels.mean():.1f}", flush=True)
        if options.idle:
            print(f"  GPU idle {100 * idle_share(job, 2):.2f} %", flush=True)
        job.close()


if __name__ == "__main__":
    main()
