"""Times torch's ops on the shapes that `ltw_bench ops --list` or `ltw_bench profile NAME --list` printed.

usage: torch_baseline.py LISTED... > TIMES     then: ltw_bench ... --torch TIMES

Like ltw_bench it runs an op many times inside one CUDA graph, so that launches cost what they cost in a forward pass.
What the engine fuses, torch does one after the other, as its eager networks do.
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


def fused(product, shape, out, sample_bias=None):
    """What `shape` names behind its sizes, after the product."""
    residual = torch.randn_like(out) if "residual" in shape else None
    term, terms = None, sum(int(c) for c in re.findall(r"\+(\d+)", shape))
    if terms and out.dim() == 4:
        x, w = nhwc(out.shape[0], terms, *out.shape[2:]), nhwc(out.shape[1], terms, 1, 1) / terms**0.5
        term = lambda: F.conv2d(x, w)
    elif terms:
        x, w = torch.randn(out.shape[0], terms, **half), torch.randn(out.shape[1], terms, **half) / terms**0.5
        term = lambda: F.linear(x, w)

    def op():
        y = product()
        if "sample_bias" in shape:
            y = y + sample_bias
        if "geglu" in shape:
            value, gate = y.chunk(2, dim=-1)
            y = value * F.gelu(gate)
        elif "quick_gelu" in shape:
            y = y * torch.sigmoid(1.702 * y)
        elif " gelu" in shape:
            y = F.gelu(y)
        elif "silu" in shape:
            y = F.silu(y)
        if term is not None:
            y = y + term()
        return y if residual is None else y + residual
    return op


def conv2d(shape, n, i, o, size, k):
    x, w, b = nhwc(n, i, size, size), nhwc(o, i, k, k) / (i * k * k) ** 0.5, torch.randn(o, **half)

    def product():
        if "upsampled" in shape:
            return F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest"), w, b, padding=k // 2)
        return F.conv2d(x, w, b, padding=k // 2, stride=2 if "stride" in shape else 1)
    return fused(product, shape, product(), nhwc(n, o, 1, 1))


def linear(shape, rows, i, o):
    x, w, b = torch.randn(rows, i, **half), torch.randn(o, i, **half) / i**0.5, torch.randn(o, **half)
    return fused(lambda: F.linear(x, w, b), shape, torch.empty(rows, o // (2 if "geglu" in shape else 1), **half))


def attention(shape, n, h, d, tq, tk):
    q, k, v = (torch.randn(n, t, h, d, **half).transpose(1, 2) for t in (tq, tk, tk))
    return lambda: F.scaled_dot_product_attention(q, k, v, is_causal="causal" in shape)


def group_norm(silu, n, c1, c2, size):
    x, y = nhwc(n, c1, size, size), nhwc(n, max(c2, 1), size, size)
    w, b = torch.randn(c1 + c2, **half), torch.randn(c1 + c2, **half)
    act = F.silu if silu else lambda t: t
    return lambda: act(F.group_norm(torch.cat([x, y], 1) if c2 else x, 32, w, b))


def layer_norm(rows, c):
    x, w, b = torch.randn(rows, c, **half), torch.randn(c, **half), torch.randn(c, **half)
    return lambda: F.layer_norm(x, (c,), w, b)


def op_of(what, shape):
    """None for what torch has no one op for."""
    n = [int(x) for x in re.findall(r"\d+", shape)]
    if what == "conv2d":
        return conv2d(shape, *n[:5])
    if what == "linear":
        return linear(shape, *n[:3])
    if what == "attention":
        return attention(shape, *n[:5])
    if what.startswith("group_norm"):
        return group_norm("silu" in what, *n[:4])
    return layer_norm(*n[:2]) if what == "layer_norm" else None


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
    print(f"# torch {torch.__version__}, {torch.cuda.get_device_name()}")
    listed = dict.fromkeys(
        tuple(line.split("\t")[:2])
        for path in sys.argv[1:] for line in Path(path).read_text().splitlines() if "\t" in line)
    with torch.inference_mode():
        for what, shape in listed:
            try:
                op = op_of(what, shape)
                if op is not None:
                    print(what, shape, f"{seconds(op) * 1e6:.2f}", sep="\t", flush=True)
            except Exception as error:  # one op that torch cannot run or capture must not lose the others
                print("#", what, shape, f"{error}"[:200].replace("\n", " "), flush=True)
                torch.cuda.synchronize()


main()
