"""What evaluate measures. Every function returns plain numbers."""
import random

import numpy as np
import torch

from captions import ATTRIBUTES, TUTORIAL, attributes, caption, imagine
from draw import HELD_OUT, draw
from train_vae import psnr, to_input

PROMPTS = [text for text, _ in TUTORIAL]


def held_out_prompts(wanted):
    """Captions never trained on, until every attribute is asked for `wanted` times: (texts, truth)."""
    r, texts, truth = random.Random(HELD_OUT), [], []
    while not texts or np.sum(truth, 0).min() < wanted:
        idea = imagine(r)
        text = caption(idea, r, held=True)
        if text and text not in texts:
            texts.append(text)
            truth.append(attributes(idea))
    return texts, np.array(truth, bool)


def rates(seen, truth):
    """{attribute: (share seen where asked for, share not seen where not asked for)}."""
    return {name: (float(seen[truth[:, i], i].mean()), float((~seen[~truth[:, i], i]).mean())) for i, name in enumerate(ATTRIBUTES)}


def judge(classifier, pictures):
    with torch.no_grad():
        return torch.cat([classifier(p) > 0 for p in pictures.split(64)]).cpu().numpy()


def drawn_pictures(count):
    """Plain drawn pictures of seeds never trained on, as network input, and their attributes."""
    made, seed = [], HELD_OUT
    while len(made) < count:
        seed += 1
        picture, _, _, weight, truth = draw(seed)
        if weight == 0:
            made.append((picture, truth))
    return to_input(torch.from_numpy(np.stack([m[0] for m in made]))), np.array([m[1] for m in made], bool)


def vae_psnr(sampler, pictures):
    with torch.no_grad():
        made = torch.cat([sampler.vae.decode(sampler.vae.encode(p.to(sampler.device, sampler.dtype))[0]).float().cpu() for p in pictures.split(16)])
    return psnr(made, pictures)


def sky_luminance(frames):
    """Mean luminance (0..255) of the upper 30 % of 8-bit pictures."""
    return frames[:, :76].astype(np.float32).mean((1, 2)) @ np.array((.299, .587, .114), np.float32)


def green_share(frames):
    """Share of clearly green pixels in the lower half."""
    r, g, b = np.moveaxis(frames[:, 128:].astype(np.int16), -1, 0)
    return ((g > r + 25) & (g > b + 25)).mean((1, 2))


def smoothness(frames, between):
    """Of one video: neighbouring frames' differences, and how far the sky's luminance leaves its two keys' range."""
    steps = np.abs(np.diff(frames.astype(np.float32), axis=0)).mean((1, 2, 3))
    sky, outside = sky_luminance(frames), []
    for a in range(0, len(frames) - 1, between + 1):
        low, high = sorted((sky[a], sky[a + between + 1]))
        part = sky[a:a + between + 2]
        outside.append(max(0, low - part.min(), part.max() - high) / high)
    return {"median": float(np.median(steps)), "largest": float(steps.max()), "ratio": float(steps.max() / np.median(steps)),
            "at": int(steps.argmax()), "outside": float(max(outside)), "sky": sky[::between + 1].round(1).tolist()}
