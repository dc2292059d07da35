"""Times torch's ops on the shapes of ltw_bench_batched and prints both side by side.

usage: torch_baseline.py BENCH_OUTPUT   (the file may still be empty when this starts: it is read last)
Both sides run an op many times inside one CUDA graph, so launches cost what they cost in a forward pass.
"""
import re
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

torch.backends.cudnn.benchmark = True
half = dict(device="cuda", dtype=torch.float16)


def nhwc(*shape):
    return torch.randn(*shape, **half).to(memory_format=torch.channels_last)


def conv2d(n, i, o, size, k, kind):
    x, w, b = nhwc(n, i, size, size), nhwc(o, i, k, k) / (i * k * k) ** 0.5, torch.randn(o, **half)
    if "upsampled" in kind:
        return lambda: F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest"), w, b, padding=1)
    return lambda: F.conv2d(x, w, b, padding=k // 2, stride=2 if "stride" in kind else 1)


def linear(rows, i, o, kind):
    x, w, b = torch.randn(rows, i, **half), torch.randn(o, i, **half) / i**0.5, torch.randn(o, **half)
    r = torch.randn(rows, o, **half)
    if "geglu" in kind:
        def gated():
            value, gate = F.linear(x, w, b).chunk(2, dim=-1)
            return value * F.gelu(gate)
        return gated
    return (lambda: F.linear(x, w, b) + r) if "residual" in kind else (lambda: F.linear(x, w, b))


def attention(n, h, d, tq, tk, causal):
    q, k, v = (torch.randn(n, t, h, d, **half).transpose(1, 2) for t in (tq, tk, tk))
    return lambda: F.scaled_dot_product_attention(q, k, v, is_causal=bool(causal))


def group_norm(n, c1, c2, size):
    x, y = nhwc(n, c1, size, size), nhwc(n, max(c2, 1), size, size)
    w, b = torch.randn(c1 + c2, **half), torch.randn(c1 + c2, **half)
    if c2:
        return lambda: F.silu(F.group_norm(torch.cat([x, y], 1), 32, w, b))
    return lambda: F.silu(F.group_norm(x, 32, w, b))


def layer_norm(rows, c):
    x, w, b = torch.randn(rows, c, **half), torch.randn(c, **half), torch.randn(c, **half)
    return lambda: F.layer_norm(x, (c,), w, b)


def op_of(what, shape):
    n = [int(x) for x in re.findall(r"\d+", shape)]
    if what == "conv2d":
        return conv2d(*n[:5], shape)
    if what == "linear":
        return linear(*n[:3], shape)
    if what == "attention":
        return attention(n[0], n[1], n[2], n[3], n[4], "causal" in shape)
    if what == "group_norm silu":
        return group_norm(*n[:4])
    return layer_norm(*n[:2])


def seconds(op):
    op()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    op()
    torch.cuda.synchronize()
    repeats = int(min(100, max(1, 0.01 / (time.perf_counter() - begin))))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(repeats):
            op()
    times = []
    for _ in range(6):
        begin = time.perf_counter()
        graph.replay()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - begin) / repeats)
    return sorted(times[1:])[2]


def main():
    path = Path(sys.argv[1])
    torch.randn(1, **half)
    while not path.exists():
        time.sleep(0.2)
    print("what | shape | ltw us | torch us | torch / ltw | ltw rate")
    with torch.inference_mode():
        for line in path.read_text().splitlines():
            if line.startswith("#"):
                print(line)
                continue
            what, shape, us, tflops, gbytes = line.split("\t")
            try:
                ours, theirs = float(us.split()[0]), seconds(op_of(what, shape)) * 1e6
            except Exception as error:  # one op that torch cannot capture must not lose the table
                print(what, shape, us, tflops, gbytes, f"torch: {error}"[:60].replace("\n", " "), sep=" | ")
                torch.cuda.synchronize()
                continue
            rate = tflops if not tflops.startswith("0.0") else gbytes
            print(what, shape, f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}", rate, sep=" | ", flush=True)


main()
