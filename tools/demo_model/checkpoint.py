"""Reads and writes a checkpoint in the diffusers folder layout: configurations, and weights as fp16 safetensors."""
import json
import os
import struct

import numpy as np
import torch

from modules import SCALING, TEXT, UNET, VAE, make_text, make_unet, make_vae
from tokenizer import Tokenizer

DTYPES = {"F16": torch.float16, "F32": torch.float32}
FILES = {"text": "text_encoder/model.safetensors", "unet": "unet/diffusion_pytorch_model.safetensors", "vae": "vae/diffusion_pytorch_model.safetensors"}


def save_tensors(path, tensors, dtype="F16"):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors):
        t = tensors[name].detach().to("cpu", DTYPES[dtype]).contiguous()
        blobs.append(t.numpy().tobytes())
        header[name] = {"dtype": dtype, "shape": list(t.shape), "data_offsets": [at, at + len(blobs[-1])]}
        at += len(blobs[-1])
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path + ".part", "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + b"".join(blobs))
    os.replace(path + ".part", path)


def load_tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    kinds = {"F16": np.float16, "F32": np.float32}
    return {name: torch.from_numpy(np.frombuffer(data, kinds[t["dtype"]], offset=8 + n + t["data_offsets"][0],
                                                 count=int(np.prod(t["shape"]))).reshape(t["shape"]).astype(np.float32))
            for name, t in header.items()}


def configs(vocabulary):
    end = vocabulary - 1
    library = {"_diffusers_version": "0.30.0"}
    return {
        "model_index.json": {"_class_name": "StableDiffusionPipeline", **library, "text_encoder": ["transformers", "CLIPTextModel"],
                             "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
                             "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "PNDMScheduler"], "safety_checker": [None, None],
                             "feature_extractor": [None, None], "requires_safety_checker": False},
        "scheduler/scheduler_config.json": {"_class_name": "PNDMScheduler", **library, "beta_start": 0.00085, "beta_end": 0.012,
                                            "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "prediction_type": "epsilon",
                                            "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None},
        "text_encoder/config.json": {"architectures": ["CLIPTextModel"], "attention_dropout": 0.0, "bos_token_id": end - 1, "eos_token_id": end,
                                     "pad_token_id": end, "dtype": "float16", "hidden_act": "quick_gelu", "hidden_size": TEXT["width"],
                                     "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": 4 * TEXT["width"],
                                     "layer_norm_eps": 1e-05, "max_position_embeddings": TEXT["length"], "model_type": "clip_text_model",
                                     "num_attention_heads": TEXT["heads"], "num_hidden_layers": TEXT["layers"],
                                     "projection_dim": TEXT["width"], "vocab_size": vocabulary},
        "unet/config.json": {"_class_name": "UNet2DConditionModel", **library, "act_fn": "silu", "attention_head_dim": UNET["heads"],
                             "block_out_channels": list(UNET["widths"]), "center_input_sample": False, "cross_attention_dim": UNET["context"],
                             "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": True,
                             "freq_shift": 0, "in_channels": 4, "layers_per_block": UNET["layers"], "mid_block_scale_factor": 1,
                             "mid_block_type": "UNetMidBlock2DCrossAttn", "norm_eps": 1e-05, "norm_num_groups": UNET["groups"], "out_channels": 4,
                             "sample_size": 32, "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3, "use_linear_projection": False},
        "vae/config.json": {"_class_name": "AutoencoderKL", **library, "act_fn": "silu", "block_out_channels": list(VAE["widths"]),
                            "down_block_types": ["DownEncoderBlock2D"] * 4, "force_upcast": False, "in_channels": 3, "latent_channels": 4,
                            "layers_per_block": VAE["layers"], "norm_num_groups": VAE["groups"], "out_channels": 3, "sample_size": 256,
                            "scaling_factor": SCALING, "up_block_types": ["UpDecoderBlock2D"] * 4}}


def save(folder, tokenizer, **networks):
    """Writes the tokenizer, every configuration, and the weights (state dictionaries) that are given."""
    tokenizer.save(f"{folder}/tokenizer")
    for name, config in configs(len(tokenizer.vocabulary)).items():
        os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
        with open(f"{folder}/{name}", "w") as f:
            f.write(json.dumps(config, indent=1) + "\n")
    for name, weights in networks.items():
        save_tensors(f"{folder}/{FILES[name]}", weights)


def load(folder, device="cpu", dtype=torch.float32):
    """(tokenizer, text encoder, UNet, VAE), ready to use."""
    tokenizer = Tokenizer.load(f"{folder}/tokenizer")
    networks = [make_text(len(tokenizer.vocabulary)), make_unet(), make_vae()]
    for net, name in zip(networks, FILES.values()):
        net.load_state_dict(load_tensors(f"{folder}/{name}"))
        net.to(device, dtype, memory_format=torch.channels_last).eval().requires_grad_(False)
    return (tokenizer, *networks)
