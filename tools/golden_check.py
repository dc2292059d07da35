"""Compares the parts of the engine with the reference vectors, through the C interface and without Java.

usage: golden_check.py LIBLATENTWEEN.SO GOLDEN_FOLDER DEVICE     (the folder: java/src/test/golden)
Prints one line a part: its name, the relative error, ok or FAILED. float32 must reach 1e-4 (samplers 1e-3), float16
5e-3 for the networks; of samplers, whose networks' errors add up over the steps, float16 is only reported.
"""
import ctypes as c
import json
import sys
from pathlib import Path

import numpy as np

I32, F64 = c.c_int32, c.c_double
DTYPES = {"F32": (np.float32, 0), "F16": (np.float16, 1), "I32": (np.int32, -1), "I64": (np.int64, -1), "U8": (np.uint8, -1)}
SAMPLERS = ["lms", "dpm_2", "dpm_2_ancestral", "heun", "euler", "euler_ancestral", "dpm_fast", "dpm_adaptive",
            "dpmpp_2s_ancestral", "dpmpp_2m", "ddim", "plms"]


def structure(name, fields):
    return type(name, (c.Structure,), {"_fields_": fields})


BLOCKS = I32 * 8
Tensor = structure("Tensor", [("name", c.c_char_p), ("dtype", I32), ("rank", I32), ("shape", c.c_int64 * 4),
                              ("data", c.c_void_p)])
ModelConfig = structure("ModelConfig", [
    *((f"text_{n}", I32) for n in "vocab_size hidden_size intermediate_size layers heads positions activation".split()),
    ("text_norm_eps", F64),
    *((f"unet_{n}", I32) for n in "in_channels out_channels blocks layers_per_block".split()),
    *((f"unet_{n}", BLOCKS) for n in "block_channels heads down_attention up_attention".split()),
    *((f"unet_{n}", I32) for n in "context_size norm_groups linear_projection flip_sin_to_cos".split()),
    ("unet_norm_eps", F64), ("unet_freq_shift", F64),
    *((f"vae_{n}", I32) for n in "in_channels out_channels latent_channels blocks layers_per_block".split()),
    ("vae_block_channels", BLOCKS), ("vae_norm_groups", I32), ("vae_scaling_factor", F64),
    ("beta_start", F64), ("beta_end", F64), ("train_timesteps", I32), ("prediction", I32)])
SampleConfig = structure("SampleConfig", [
    *((n, I32) for n in "batch height width sampler sigma_schedule steps run_steps".split()),
    ("guidance_scale", F64), ("ddim_eta", F64)])


def safetensors(path):
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]][0]
        tensors[name] = np.frombuffer(data[8 + length + begin:8 + length + end], dtype).reshape(entry["shape"])
    return tensors


def model_config(folder):
    read = lambda part: json.loads((folder / part / "config.json").read_text())
    text, unet, vae = read("text_encoder"), read("unet"), read("vae")
    channels, heads = unet["block_out_channels"], unet["attention_head_dim"]
    heads = heads if isinstance(heads, list) else [heads] * len(channels)
    attends = lambda blocks: BLOCKS(*("CrossAttn" in b for b in blocks))
    return ModelConfig(
        text_vocab_size=text["vocab_size"], text_hidden_size=text["hidden_size"],
        text_intermediate_size=text["intermediate_size"], text_layers=text["num_hidden_layers"],
        text_heads=text["num_attention_heads"], text_positions=text["max_position_embeddings"],
        text_activation=int(text["hidden_act"] == "gelu"), text_norm_eps=text["layer_norm_eps"],
        unet_in_channels=unet["in_channels"], unet_out_channels=unet["out_channels"], unet_blocks=len(channels),
        unet_layers_per_block=unet["layers_per_block"], unet_block_channels=BLOCKS(*channels),
        unet_heads=BLOCKS(*heads), unet_down_attention=attends(unet["down_block_types"]),
        unet_up_attention=attends(unet["up_block_types"]), unet_context_size=unet["cross_attention_dim"],
        unet_norm_groups=unet["norm_num_groups"], unet_linear_projection=int(unet["use_linear_projection"]),
        unet_flip_sin_to_cos=int(unet["flip_sin_to_cos"]), unet_norm_eps=unet["norm_eps"],
        unet_freq_shift=unet["freq_shift"], vae_in_channels=vae["in_channels"], vae_out_channels=vae["out_channels"],
        vae_latent_channels=vae["latent_channels"], vae_blocks=len(vae["block_out_channels"]),
        vae_layers_per_block=vae["layers_per_block"], vae_block_channels=BLOCKS(*vae["block_out_channels"]),
        vae_norm_groups=vae["norm_num_groups"], vae_scaling_factor=vae["scaling_factor"],
        beta_start=0.00085, beta_end=0.012, train_timesteps=1000, prediction=0)


def model_tensors(folder):
    files = {"text_encoder": "model", "unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model"}
    return {f"{part}.{name}": values for part, file in files.items()
            for name, values in safetensors(folder / part / f"{file}.safetensors").items() if values.dtype == np.float16}


class Library:
    def __init__(self, path):
        self.library = c.CDLL(path)
        self.library.ltw_last_error.restype = c.c_char_p

    def call(self, function, *arguments):
        passed = [a.ctypes.data_as(c.c_void_p) if isinstance(a, np.ndarray) else a for a in arguments]
        if getattr(self.library, function)(*passed) != 0:
            raise RuntimeError(f"{function}: {self.library.ltw_last_error().decode()}")

    def model(self, device, config, tensors):
        engine, model = c.c_void_p(), c.c_void_p()
        self.call("ltw_engine_create", device.encode(), I32(0), c.byref(engine))
        table = (Tensor * len(tensors))()
        for entry, (name, values) in zip(table, tensors.items()):
            entry.name, entry.dtype, entry.rank = name.encode(), 1, values.ndim
            entry.shape = (c.c_int64 * 4)(*values.shape)
            entry.data = values.ctypes.data
        self.call("ltw_model_create", engine, c.byref(config), table, c.c_int64(len(tensors)), c.byref(model))
        return model


def main():
    library, folder, device = Library(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    golden = safetensors(folder / "cases.safetensors")
    model = library.model(device, model_config(folder / "tiny-sd1"), model_tensors(folder / "tiny-sd1"))
    wide = device.startswith("cpu")
    failed = 0

    def report(name, values, limit):
        nonlocal failed
        reference = golden[name].astype(np.float64)
        error = np.linalg.norm(values - reference) / np.linalg.norm(reference)
        good = limit is None or error <= limit
        failed += not good
        print(f"{name:32} {error:.2e} {'' if limit is None else 'ok' if good else 'FAILED'}", flush=True)

    empty = lambda name: np.full(golden[name].shape, np.nan, np.float32)
    network = 1e-4 if wide else 5e-3
    for skip, name in (1, "text.last_hidden"), (2, "text.clip_skip2"):
        out = empty(name)
        library.call("ltw_text_encode", model, np.ascontiguousarray(golden["text.ids"]), I32(4), I32(skip), out)
        report(name, out, network)
    context = golden["unet.context"]
    for case in "square", "wide", "odd":
        x, out = golden[f"unet.{case}.x"], empty(f"unet.{case}.eps")
        library.call("ltw_unet", model, I32(x.shape[0]), I32(x.shape[2]), I32(x.shape[3]), I32(77), x,
                     golden[f"unet.{case}.t"].astype(np.float32), context, out)
        report(f"unet.{case}.eps", out, network)
    z, out = (golden["vae.z"] / np.float32(0.18215)).astype(np.float32), empty("vae.decoded")
    library.call("ltw_vae_decode", model, I32(z.shape[0]), I32(z.shape[2]), I32(z.shape[3]), z, out)
    report("vae.decoded", out, network)
    image, mean, logvar = golden["vae.image"], empty("vae.mean"), empty("vae.logvar")
    library.call("ltw_vae_encode", model, I32(1), I32(image.shape[2]), I32(image.shape[3]), image, mean, logvar)
    report("vae.mean", mean, network)
    report("vae.logvar", logvar, network)
    unconditional = np.ascontiguousarray(np.repeat(golden["text.last_hidden"][2:3], 2, axis=0))
    noise = golden["sampler.step_noise"]
    for index, name in enumerate(SAMPLERS):
        latents = golden["sampler.noise"].copy()
        config = SampleConfig(2, 16, 16, index, 0, 20, 20, 7.0, 0.0)
        library.call("ltw_sample", model, c.byref(config), context, unconditional, noise, I32(noise.shape[0]), latents)
        report(f"sampler.{name}.20", latents, 1e-3 if wide else None)
    print("failed:", failed)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
