"""Trains the UNet and the text encoder together, half of the time on pictures between two captions.

A picture drawn at weight w between two scenes is shown with the lerp at w of the two captions' text states: exactly the
conditioning that an interpolation video gives the network, so that an in-between means the scene in between.
"""
import time

import torch

from checkpoint import load_tensors, save
from draw import contact_sheet, save_png
from captions import TUTORIAL
from modules import SCALING, make_text, make_unet, make_vae
from sample import Sampler, schedule, to_bytes
from train_vae import cosine, to_input

EMPTY = .1             # share of pictures shown with the empty caption, for guidance
OFFSET = .1            # a little noise that is the same everywhere, so that overall brightness is learned from the text


def train_unet(studio, o, log, vae_done):
    device = o.device
    torch.manual_seed(2)
    torch.backends.cudnn.benchmark = True
    tokenizer = studio.tokenizer
    unet, text = make_unet().to(device), make_text(len(tokenizer.vocabulary)).to(device)
    if o.resume:
        unet.load_state_dict(load_tensors(f"{o.resume}/unet/diffusion_pytorch_model.safetensors"))
        text.load_state_dict(load_tensors(f"{o.resume}/text_encoder/model.safetensors"))
    unet = unet.to(memory_format=torch.channels_last)
    bar = schedule().float().to(device)
    snr = bar / (1 - bar)
    importance = snr.clamp(max=5) / snr                       # min-SNR: all noise levels pull alike
    empty = torch.tensor(tokenizer(""), device=device)

    def loss_of(z, noise, t, ids, weight):
        signal = bar[t][:, None, None, None]
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            a, b = text(ids.flatten(0, 1)).unflatten(0, (-1, 2)).unbind(1)
            out = unet(signal.sqrt() * z + (1 - signal).sqrt() * noise, t, torch.lerp(a.float(), b.float(), weight[:, None, None]))
        error = ((out.float() - noise) ** 2).mean((1, 2, 3))
        return (error * importance[t]).mean(), error.detach().mean()

    step_loss = torch.compile(loss_of) if o.compile else loss_of
    parameters = [*unet.parameters(), *text.parameters()]
    average = [p.detach().clone() for p in parameters]
    optimizer = torch.optim.AdamW([dict(params=list(unet.parameters()), base=o.lr), dict(params=list(text.parameters()), base=o.lr * .6)],
                                  lr=o.lr, betas=(.9, .98), weight_decay=1e-2, **({"fused": True} if device == "cuda" else {}))

    def batch_loss(z, ids, weight):
        n = len(z)
        noise = (torch.randn_like(z) + OFFSET * torch.randn(n, 4, 1, 1, device=device)) / (1 + OFFSET ** 2) ** .5
        t = (((torch.rand(n, device=device) + torch.arange(n, device=device)) / n * 1000).long().clamp(0, 999))[torch.randperm(n, device=device)]
        ids = torch.where((torch.rand(n, device=device) < EMPTY)[:, None, None], empty, ids)
        return step_loss(z, noise, t, ids, weight)

    def weights():
        """The averaged weights, by name."""
        averaged = iter(average)
        return [{name: next(averaged) for name, _ in net.named_parameters()} for net in (unet, text)]

    for _ in range(2 if o.compile else 0):                    # compile while the VAE is still in training
        batch_loss(torch.randn(o.batch, 4, 32, 32, device=device), empty.expand(o.batch, 2, 77).contiguous(), torch.rand(o.batch, device=device))[0].backward()
    optimizer.zero_grad(set_to_none=True)
    log(f"UNet: {sum(p.numel() for p in unet.parameters())} parameters, text {sum(p.numel() for p in text.parameters())}, ready")
    vae_done.wait()
    vae = make_vae()
    vae.load_state_dict(load_tensors(f"{o.out}/vae.safetensors"))
    dtype = torch.float16 if device == "cuda" else torch.float32
    vae = vae.to(device, dtype, memory_format=torch.channels_last).eval().requires_grad_(False)
    latents = torch.empty(studio.count, 4, 32, 32, dtype=torch.float16, device=device)
    ids = torch.empty(studio.count, 2, 77, dtype=torch.int16, device=device)
    weight = torch.empty(studio.count, device=device)
    have = 0

    @torch.no_grad()
    def encode(most):
        nonlocal have
        end = min(studio.ready(), have + most)
        for a in range(have, end, 128):
            b = min(a + 128, end, a - a % studio.ring + studio.ring)
            x = torch.from_numpy(studio.pixels[a % studio.ring:(b - 1) % studio.ring + 1]).to(device)
            latents[a:b] = (vae.encode(to_input(x).to(dtype))[0] * SCALING).to(torch.float16)
            ids[a:b] = torch.from_numpy(studio.ids[a:b]).to(device)
            weight[a:b] = torch.from_numpy(studio.weight[a:b]).to(device)
            have = b
            if b < min(a + 128, end):
                break
        studio.release(have)

    t0 = time.time()
    while have < min(o.first_pictures, studio.count):
        encode(4096)
    log(f"UNet: {have} pictures encoded in {time.time() - t0:.0f} s")
    step, start, shown, losses = 0, time.time(), 0, []
    while True:
        if step % 25 == 0 and have < studio.count:
            encode(1024)
        i = torch.randint(0, have, (o.batch,), device=device)
        loss, error = batch_loss(latents[i].float(), ids[i].long(), weight[i])
        loss.backward()
        done = (time.time() - start) / o.seconds
        for g in optimizer.param_groups:
            g["lr"] = g["base"] * min(1, (step + 1) / 250) * cosine(done, .01)
        torch.nn.utils.clip_grad_norm_(parameters, 1.)
        optimizer.step(), optimizer.zero_grad(set_to_none=True)
        step += 1
        keep = min(.9995, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_mul_(average, keep)
            torch._foreach_add_(average, [p.detach() for p in parameters], alpha=1 - keep)
        losses.append(error)
        if step % 500 == 0:
            log(f"UNet: step {step}, {step / (time.time() - start):.2f} a second, error {float(torch.stack(losses[-300:]).mean()):.4f}, {have} pictures")
        if done >= 1 or done * o.previews >= shown + 1:
            shown += 1
            save(o.out, tokenizer, unet=weights()[0], text=weights()[1], vae=vae.state_dict())
            preview(o, tokenizer, vae, dtype, weights(), f"{o.out}/preview.png")
            log(f"UNet: saved, {done:.0%} of the time")
        if done >= 1:
            break
    log(f"UNet: {step} steps of {o.batch}, {have} pictures, {time.time() - start:.0f} s")


def preview(o, tokenizer, vae, dtype, weights, path):
    """The tutorial's prompts at three seeds."""
    nets = []
    for net, values in zip((make_unet(), make_text(len(tokenizer.vocabulary))), weights):
        net.load_state_dict({k: v.cpu() for k, v in values.items()})
        nets.append(net.to(o.device, dtype).eval().requires_grad_(False))
    prompts = [t for t, _ in TUTORIAL] * 3
    made = Sampler(tokenizer, nets[1], nets[0], vae).pictures(prompts, [i // 7 + 1 for i in range(21)], steps=o.preview_steps)
    save_png(path, contact_sheet(to_bytes(made), prompts, 7))
