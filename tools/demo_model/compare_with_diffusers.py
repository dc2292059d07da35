"""Loads a checkpoint with diffusers and transformers (where installed) and compares every network with ours.

    compare_with_diffusers.py MODEL
"""
import sys

import torch

import checkpoint
from captions import TUTORIAL


def difference(name, ours, theirs):
    error = float((ours - theirs).norm() / theirs.norm())
    print(f"{name}: relative difference {error:.2e}")
    assert error < 1e-4, name


@torch.no_grad()
def main(folder):
    from diffusers import StableDiffusionPipeline
    pipe = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    tokenizer, text, unet, vae = checkpoint.load(folder)
    for prompt in [t for t, _ in TUTORIAL] + ["", "Élan, 12 x's & ☃!"]:
        theirs = pipe.tokenizer(prompt, padding="max_length", max_length=77, truncation=True).input_ids
        assert theirs == tokenizer(prompt), prompt
    ids = torch.tensor([tokenizer(t) for t, _ in TUTORIAL])
    states = text(ids)
    difference("text encoder", states, pipe.text_encoder(ids).last_hidden_state)
    x, t = torch.randn(7, 4, 32, 32), torch.tensor([999, 800, 600, 400, 200, 50, 0])
    difference("UNet", unet(x, t, states), pipe.unet(x, t, encoder_hidden_states=states).sample)
    picture = torch.rand(1, 3, 256, 256) * 2 - 1
    mean, logvar = vae.encode(picture)
    theirs = pipe.vae.encode(picture).latent_dist
    difference("VAE encoder", mean, theirs.mean)
    difference("VAE decoder", vae.decode(mean), pipe.vae.decode(theirs.mean).sample)


if __name__ == "__main__":
    main(sys.argv[1])
