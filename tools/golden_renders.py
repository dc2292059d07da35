"""Renders the reference settings through the C interface, without Java, and compares the frames with the references.

usage: golden_renders.py LIBLATENTWEEN.SO GOLDEN_FOLDER DEVICE     (the folder: java/src/test/golden)
Every frame must reach 40 dB PSNR on a CPU and 30 dB in float16, and be the same bits at batch 1, 3 and 7.
"""
import ctypes as c
import json
import math
import sys
from pathlib import Path

import numpy as np

from golden_check import F64, I32, Library, model_config, model_tensors, structure

SAMPLERS = ["klms", "dpm2", "dpm2_ancestral", "heun", "euler", "euler_ancestral", "dpm_fast", "dpm_adaptive", "dpmpp_2s_a",
            "dpmpp_2m", "ddim", "plms"]
RenderConfig = structure("RenderConfig", [
    *((n, I32) for n in "width height sampler sigma_schedule steps run_steps".split()),
    ("guidance_scale", F64), ("ddim_eta", F64),
    *((n, I32) for n in "generator clip_skip bits batch key_count".split()),
    *((n, c.c_void_p) for n in "prompt_ids negative_ids seeds init_rgb".split())])
Frame = structure("Frame", [("from_key", I32), ("to_key", I32), ("weight", F64)])


def picture(path):
    from PIL import Image  # here, for who wants only the structures and has no Pillow

    return Image.open(path).convert("RGB")


def token_ids(vocabulary, prompt):
    """Ids of a prompt whose words are all whole entries of the vocabulary, as the references' are."""
    words = [vocabulary[word + "</w>"] for word in prompt.replace(",", " ,").split()]
    end = vocabulary["<|endoftext|>"]
    return ([vocabulary["<|startoftext|>"], *words] + [end] * 77)[:77]


def render(library, model, vocabulary, settings, folder, batch):
    width, height = settings["W"] // 64 * 64, settings["H"] // 64 * 64
    prompts = list(settings["prompts"].values())
    ids = np.array([token_ids(vocabulary, p) for p in prompts], np.int32)
    empty = np.array([token_ids(vocabulary, "")] * len(prompts), np.int32)
    seeds = np.full(len(prompts), settings["seed"], np.uint64)
    init = None
    if settings["use_init"]:
        initial = picture(folder / settings["init_image"]).resize((width, height), resample=1)  # Lanczos
        init = np.ascontiguousarray(initial, np.uint8)
    steps = settings["steps"]
    config = RenderConfig(
        width, height, SAMPLERS.index(settings["sampler"]), 0, steps,
        math.trunc((1.0 - settings["strength"]) * steps) if settings["use_init"] else steps,
        settings["scale"], 0.0, 0, 1, 8, batch, len(prompts), ids.ctypes.data, empty.ctypes.data, seeds.ctypes.data,
        None if init is None else init.ctypes.data)
    between = settings["interpolate_x_frames"] + 1
    frames = [Frame(k, k + 1, j / between) for k in range(len(prompts) - 1) for j in range(between)]
    frames.append(Frame(len(prompts) - 1, len(prompts) - 1, 0.0))
    job = c.c_void_p()
    library.call("ltw_job_create", model, c.byref(config), c.byref(job))
    pictures = np.zeros((len(frames), height, width, 3), np.uint8)
    submitted = collected = 0
    while collected < len(frames):  # two batches on their way
        while submitted < len(frames) and submitted - collected < 2 * batch:
            part = frames[submitted:submitted + batch]
            library.call("ltw_job_submit", job, (Frame * len(part))(*part), I32(len(part)))
            submitted += len(part)
        pixels = pictures[collected:collected + batch]
        library.call("ltw_job_collect", job, pixels, c.c_int64(pixels.nbytes))
        collected += len(pixels)
    library.library.ltw_job_destroy(job)
    return pictures


def psnr(a, b):
    return 10 * np.log10(255.0 ** 2 / max(1e-12, np.mean((a.astype(float) - b.astype(float)) ** 2)))


def main():
    library, folder, device = Library(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    tiny, renders = folder / "tiny-sd1", folder / "renders"
    vocabulary = json.loads((tiny / "tokenizer" / "vocab.json").read_text())
    model = library.model(device, model_config(tiny), model_tensors(tiny))
    limit = 40 if device.startswith("cpu") else 30
    failed = 0
    for file in sorted(renders.glob("*.json")):
        settings = json.loads(file.read_text())
        pictures = render(library, model, vocabulary, settings, renders, 1)
        references = [np.asarray(picture(renders / f"{file.stem}_{i:05}.png")) for i in range(len(pictures))]
        worst = min(psnr(a, b) for a, b in zip(pictures, references))
        same = all(np.array_equal(pictures, render(library, model, vocabulary, settings, renders, b)) for b in (3, 7))
        good = worst >= limit and same
        failed += not good
        print(f"{file.stem:16} worst frame {worst:.1f} dB, batches {'the same bits' if same else 'DIFFER'} {'ok' if good else 'FAILED'}",
              flush=True)
    print("failed:", failed)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
