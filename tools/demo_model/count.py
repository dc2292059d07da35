"""Counts parameters and work (GFLOP, two per multiply-add; convolutions, linear layers, attention) of each network."""
import torch
from torch import nn

import modules

work = 0


def hook(module, _, out):
    global work
    if isinstance(module, nn.Conv2d):
        work += 2 * out.numel() * module.weight[0].numel()
    elif isinstance(module, nn.Linear):
        work += 2 * out.numel() * module.in_features


def counted(q, k, v, *rest, plain=modules.attend, **options):
    global work
    work += 4 * q.shape[0] * q.shape[1] * k.shape[1] * q.shape[2]
    return plain(q, k, v, *rest, **options)


@torch.no_grad()
def main(vocabulary=816):
    global work
    modules.attend = counted
    text, unet, vae = modules.make_text(vocabulary), modules.make_unet(), modules.make_vae()
    for net in (text, unet, vae):
        for m in net.modules():
            m.register_forward_hook(hook)
    for name, net, call in (("text encoder, one prompt", text, lambda: text(torch.zeros(1, 77, dtype=torch.long))),
                            ("UNet, one evaluation at 32x32", unet, lambda: unet(torch.randn(1, 4, 32, 32), torch.zeros(1), torch.randn(1, 77, 128))),
                            ("VAE encoder, 256x256", vae.encoder, lambda: vae.encode(torch.randn(1, 3, 256, 256))),
                            ("VAE decoder, 256x256", vae.decoder, lambda: vae.decode(torch.randn(1, 4, 32, 32)))):
        work = 0
        call()
        print(f"{name}: {sum(p.numel() for p in net.parameters())} parameters, {work / 1e9:.2f} GFLOP")


if __name__ == "__main__":
    main()
