"""Trains the VAE on the studio's first pictures, then sets its latents to zero mean and the wanted spread."""
import math
import time

import torch
import torch.nn.functional as F

from classifier import train_classifier
from checkpoint import save_tensors
from modules import SCALING, make_vae

SPREAD = .7            # standard deviation of the scaled latents: below 1, so that less of a picture shows at the last noise level
HELD = 256             # of the VAE's pictures, for the PSNR


def cosine(done, floor=.02):
    return floor + (1 - floor) * .5 * (1 + math.cos(math.pi * min(1., done)))


def to_input(pixels):
    return (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def psnr(a, b):
    """Mean PSNR in dB of 8-bit pictures given in [-1, 1]."""
    q = lambda t: ((t.clamp(-1, 1) + 1) * 127.5).round()
    return float((10 * (255 ** 2 / ((q(a) - q(b)) ** 2).flatten(1).mean(1).clamp_min(1e-9)).log10()).mean())


def train_vae(studio, o, log, event):
    device = o.device
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    vae = make_vae().to(device, memory_format=torch.channels_last)
    n = min(o.vae_pictures, studio.count)
    while studio.ready() < min(n, 8 * o.vae_batch + HELD):
        time.sleep(.1)
    pixels, have = torch.empty(n, 256, 256, 3, dtype=torch.uint8, device=device), 0

    def fetch():
        nonlocal have
        ready = min(n, studio.ready())
        if ready > have:
            pixels[have:ready] = torch.from_numpy(studio.pixels[have:ready]).to(device)
            have = ready

    def loss_of(x, noise):
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            mean, logvar = vae.encode(x)
            mean, logvar = mean.float(), logvar.float().clamp(-20, 10)
            y = vae.decode(mean + (.5 * logvar).exp() * noise).float()
        d = y - x
        edges = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
        kl = .5 * (mean ** 2 + logvar.exp() - 1 - logvar).mean()
        return d.abs().mean() + .5 * edges + 2 * (d ** 2).mean() + 5e-4 * kl, (d ** 2).mean()

    fetch()
    step_loss = torch.compile(loss_of) if o.compile else loss_of
    optimizer = torch.optim.AdamW(vae.parameters(), betas=(.9, .98), weight_decay=1e-3, lr=o.vae_lr)
    step, start, errors = 0, None, []
    while True:
        x = to_input(pixels[torch.randint(HELD, have, (o.vae_batch,), device=device)])
        loss, error = step_loss(x, torch.randn(o.vae_batch, 4, 32, 32, device=device))
        loss.backward()
        errors.append(error.detach())
        if step == 3:
            log("VAE: first steps done"), fetch()
            start = time.time()
        done = 0 if start is None else (time.time() - start) / o.vae_seconds
        for g in optimizer.param_groups:
            g["lr"] = o.vae_lr * min(1, (step + 1) / 150) * cosine(done)
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.)
        optimizer.step(), optimizer.zero_grad(set_to_none=True)
        step += 1
        if step % 100 == 0:
            fetch()
        if step % 500 == 0:
            log(f"VAE: step {step}, {step / (time.time() - start):.1f} a second, PSNR {10 * math.log10(4 / float(torch.stack(errors[-300:]).mean())):.2f} dB, {have} pictures")
        if done >= 1:
            break
    vae.eval().requires_grad_(False)
    with torch.no_grad():
        batches = lambda a, b: (to_input(pixels[i:min(i + 64, b)]) for i in range(a, b, 64))
        z = torch.cat([vae.encode(x)[0] for x in batches(HELD, min(have, HELD + 2048))])
        mean, std = z.mean((0, 2, 3)), z.std((0, 2, 3)) * SCALING / SPREAD
        q, p = vae.quant_conv, vae.post_quant_conv           # the shift and scale fold into the 1x1 convolutions
        q.weight[:4] /= std[:, None, None, None]
        q.bias[:4] = (q.bias[:4] - mean) / std
        q.bias[4:] -= 2 * std.log()
        p.bias += p.weight[:, :, 0, 0] @ mean
        p.weight *= std[None, :, None, None]
        save_tensors(f"{o.out}/vae.safetensors", vae.state_dict())
        event.set()
        if device == "cuda":
            vae.half()
        dtype = next(vae.parameters()).dtype
        made = torch.cat([vae.decode(vae.encode(x.to(dtype))[0]).float() for x in batches(0, HELD)])
        log(f"VAE: {step} steps of {o.vae_batch} in {time.time() - start:.0f} s, held-out PSNR {psnr(made, to_input(pixels[:HELD])):.2f} dB in {dtype}")
        latents = torch.cat([vae.encode(x.to(dtype))[0].float() for x in batches(0, HELD)]) * SCALING
        log("VAE: scaled latents' std by channel", [round(v, 3) for v in latents.std((0, 2, 3)).tolist()])
    plain = torch.from_numpy(studio.weight[:have].copy()).to(device) == 0
    index = plain.nonzero()[:, 0]
    truth = torch.from_numpy(studio.attributes[:have].copy()).to(device).float()
    train_classifier(lambda k: (lambda i: (to_input(pixels[i]), truth[i]))(index[torch.randint(0, len(index), (k,), device=device)]),
                     o.classifier_steps, device, f"{o.out}/classifier.safetensors", log)
