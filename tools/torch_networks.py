"""Times the Stable Diffusion 1.5 UNet and VAE decoder of diffusers on a GPU: random weights, float16, channels-last,
64x64 latents, 77 tokens.

usage: torch_networks.py [--ours FILE] [--loop] [NAME ...]
  NAME          a network's name and batch, in the order to run them: unet-2 unet-32 unet-64 vae-1 vae-8. A suffix says
                how: nothing for eager inside a CUDA graph, ':eager' for no graph (the loop that Deforum runs), ':compiled'
                for torch.compile with fused projections, inside a CUDA graph. Default: all but the compiled ones
  --ours FILE   what `ltw_bench networks` printed: its times are put beside
  --loop        frames/s of the usual loop: one frame at a time, eager, guidance, 50 Euler steps, decode, pixels to the host
"""
import argparse
import time
from pathlib import Path

import diffusers
import torch

torch.backends.cudnn.benchmark = True
DEFAULT = "unet-2:eager unet-2 unet-32 unet-64 vae-1:eager vae-1 vae-8".split()


class Networks:
    def __init__(self):
        with torch.device("cuda"):
            self.network = diffusers.UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8)
            self.vae = diffusers.AutoencoderKL(
                down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
                block_out_channels=(128, 256, 512, 512), layers_per_block=2)
        for part in (self.network, self.vae):
            part.eval().half().to(memory_format=torch.channels_last)

    def unet(self, x, t, states):
        return self.network(x, t, encoder_hidden_states=states, return_dict=False)[0]

    def decode(self, z):
        return self.vae.decode(z, return_dict=False)[0]

    def fuse(self):
        self.network.fuse_qkv_projections()
        self.vae.fuse_qkv_projections()


def inputs(network, batch):
    half = dict(device="cuda", dtype=torch.float16)
    latents = torch.randn(batch, 4, 64, 64, **half).to(memory_format=torch.channels_last)
    if network == "vae":
        return (latents,)
    return latents, torch.full((batch,), 500.0, device="cuda"), torch.randn(batch, 77, 768, **half)


def in_graph(call):
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(2):
            call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay


def seconds(call):
    """Median of five times of as many calls as fill 0.2 s, queued without waiting for each other."""
    def timed(repeats):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(repeats):
            call()
        torch.cuda.synchronize()
        return (time.perf_counter() - begin) / repeats

    timed(2)
    repeats = max(1, round(0.2 / timed(1)))
    return sorted(timed(repeats) for _ in range(5))[2]


def measure(networks, name):
    shape, _, how = name.partition(":")
    network, batch = shape.split("-")
    arguments = inputs(network, int(batch))
    forward = networks.unet if network == "unet" else networks.decode
    if how == "compiled":
        forward = torch.compile(forward, dynamic=False)
    call = lambda: forward(*arguments)
    begin = time.perf_counter()
    finite = bool(call().isfinite().all())
    torch.cuda.synchronize()
    first = time.perf_counter() - begin
    took = seconds(call if how == "eager" else in_graph(call))
    return took, f"first call {first:.1f} s" + ("" if finite else ", NOT FINITE")


def loop(networks, steps=50, frames=2):
    sigmas = torch.linspace(14.6, 0, steps + 1)
    x, _, states = inputs("unet", 1)
    states = states.expand(2, -1, -1).contiguous()
    times = torch.linspace(999, 0, steps, device="cuda")

    def frame():
        latents = x * sigmas[0]
        for i in range(steps):
            pair = torch.cat([latents, latents]) / (sigmas[i] ** 2 + 1) ** 0.5
            without, with_text = networks.unet(pair, times[i].expand(2), states).chunk(2)
            eps = without + 7.5 * (with_text - without)
            latents = latents + eps * (sigmas[i + 1] - sigmas[i])
        picture = networks.decode(latents / 0.18215)
        return ((picture.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu()

    frame()
    begin = time.perf_counter()
    for _ in range(frames):
        frame()
    took = (time.perf_counter() - begin) / frames
    print(f"loop\tone frame at a time, {steps} steps, guidance\t{took * 1e3:.0f} ms\t{1 / took:.3f} frames/s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=DEFAULT)
    parser.add_argument("--ours")
    parser.add_argument("--loop", action="store_true")
    options = parser.parse_args()
    ours = {}
    if options.ours:
        for line in Path(options.ours).read_text().splitlines():
            if line.startswith("unet-") or line.startswith("vae-"):
                name, milliseconds = line.split("\t")[:2]
                ours[name] = float(milliseconds.split()[0])
    networks = Networks()
    print(f"# torch {torch.__version__}, {torch.cuda.get_device_name()}, diffusers {diffusers.__version__}")
    print("network\ttorch ms\tours ms\ttorch / ours")
    with torch.no_grad():
        fused = False
        for name in options.names:
            if name.endswith(":compiled") and not fused:
                networks.fuse()
                fused = True
            try:
                took, note = measure(networks, name)
            except Exception as error:  # one that fails must not lose the others
                print(f"{name}\t{type(error).__name__}: {error}".replace("\n", " ")[:400], flush=True)
                continue
            mine = ours.get(name.partition(":")[0])
            beside = f"{mine:.2f}\t{took * 1e3 / mine:.2f}" if mine else "\t"
            print(f"{name}\t{took * 1e3:.2f}\t{beside}\t# {note}", flush=True)
            torch.cuda.empty_cache()
        if options.loop:
            loop(networks)


main()
