"""Makes pictures with a checkpoint: k-diffusion's samplers over SD1's noise schedule, guidance, lerped prompts.

    sample.py MODEL out.png "a city" "a beautiful city" ...      one picture a prompt
"""
import sys

import torch

from modules import SCALING


def schedule():
    """alpha-bar of the 1,000 training steps (scaled_linear betas)."""
    return torch.cumprod(1 - torch.linspace(.00085 ** .5, .012 ** .5, 1000, dtype=torch.float64) ** 2, 0)


def sigmas(steps):
    """k-diffusion's get_sigmas: (sigmas with a last zero, time steps), in double."""
    bar = schedule()
    table = ((1 - bar) / bar).sqrt().log()
    t = torch.linspace(999, 0, steps, dtype=torch.float64)
    low, w = t.floor().long(), t - t.floor()
    return torch.cat([((1 - w) * table[low] + w * table[t.ceil().long()]).exp(), torch.zeros(1, dtype=torch.float64)]), t


class Sampler:
    def __init__(s, tokenizer, text, unet, vae, batch=128):
        s.tokenizer, s.text, s.unet, s.vae, s.batch = tokenizer, text, unet, vae, batch
        p = next(unet.parameters())
        s.device, s.dtype = p.device, p.dtype

    def states(s, prompts):
        return s.text(torch.tensor([s.tokenizer(p) for p in prompts], device=s.device)).float()

    def noise(s, seed):
        """One picture's start noise and a function that draws its further noise."""
        g = torch.Generator().manual_seed(seed)
        draw = lambda: torch.randn(1, 4, 32, 32, generator=g)
        return draw(), draw

    @torch.no_grad()
    def latents(s, states, seeds, scale=7., steps=20, sampler="euler_ancestral"):
        """Latents of text states (n, 77, width), picture i with the noise of seeds[i], whatever the batch."""
        table, times = sigmas(steps)
        empty = s.states([""])
        streams = {seed: s.noise(seed) for seed in seeds}
        gather = lambda made: torch.cat([made[seed] for seed in seeds]).to(s.device)
        x = gather({k: v[0] for k, v in streams.items()}) * float(table[0])
        step_noise = lambda: gather({k: v[1]() for k, v in streams.items()})

        def denoise(x, i):
            out = []
            for a in range(0, len(x), s.batch):
                h, y = states[a:a + s.batch], x[a:a + s.batch] / float(table[i] ** 2 + 1) ** .5
                y = torch.cat([y, y]).to(s.dtype).contiguous(memory_format=torch.channels_last)
                t = torch.full((len(y),), float(times[i]), device=s.device)
                e0, e1 = s.unet(y, t, torch.cat([empty.expand_as(h), h]).to(s.dtype)).float().chunk(2)
                out.append(e0 + scale * (e1 - e0))
            return x - float(table[i]) * torch.cat(out)

        old = None
        for i in range(steps):
            now, to = float(table[i]), float(table[i + 1])
            d = denoise(x, i)
            if sampler == "euler":
                x = x + (x - d) / now * (to - now)
            elif sampler == "euler_ancestral":
                up = min(to, (to ** 2 * (now ** 2 - to ** 2) / now ** 2) ** .5)
                x = x + (x - d) / now * ((to ** 2 - up ** 2) ** .5 - now)
                x = x + step_noise() * up if to > 0 else x
            elif sampler == "dpmpp_2m":
                if to == 0:
                    x = d
                else:
                    h = float((table[i] / table[i + 1]).log())
                    r = float((table[i - 1] / table[i]).log()) / h if old is not None else 0
                    mixed = d if old is None else (1 + 1 / (2 * r)) * d - old / (2 * r)
                    x = to / now * x - torch.expm1(torch.tensor(-h)).item() * mixed
                old = d
            else:
                raise ValueError(f"unknown sampler {sampler}")
        return x

    @torch.no_grad()
    def decode(s, latents):
        """Pictures in [-1, 1], not clipped."""
        z = (latents / SCALING).to(s.dtype).contiguous(memory_format=torch.channels_last)
        return torch.cat([s.vae.decode(z[i:i + 32]).float() for i in range(0, len(z), 32)])

    def pictures(s, prompts, seeds, **options):
        return s.decode(s.latents(s.states(prompts), seeds, **options))

    def video(s, prompts, between, seed, **options):
        """The frames of an Interpolation: `between` pictures between neighbouring prompts, lerped text states, one noise."""
        h = s.states(prompts)
        path = [torch.lerp(h[i], h[i + 1], k / (between + 1)) for i in range(len(h) - 1) for k in range(between + 1)] + [h[-1]]
        return s.decode(s.latents(torch.stack(path), [seed] * len(path), **options))


def to_bytes(pictures):
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()


if __name__ == "__main__":
    import checkpoint
    from draw import contact_sheet, save_png
    prompts = sys.argv[3:]
    made = Sampler(*checkpoint.load(sys.argv[1])).pictures(prompts, [1] * len(prompts))
    save_png(sys.argv[2], contact_sheet(to_bytes(made), prompts, min(4, len(prompts))))
