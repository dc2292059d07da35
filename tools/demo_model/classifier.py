"""A small convolutional network that says which of the twelve attributes a picture has; trained on drawn pictures alone."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from checkpoint import load_tensors, save_tensors


class Classifier(nn.Module):
    def __init__(s, answers=12, widths=(3, 32, 64, 96, 128)):
        super().__init__()
        parts = []
        for a, b in zip(widths, widths[1:]):
            parts += [nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(8, b), nn.SiLU(), nn.Conv2d(b, b, 3, stride=2, padding=1), nn.GroupNorm(8, b), nn.SiLU()]
        s.body, s.head = nn.Sequential(*parts), nn.Linear(2 * widths[-1], answers)

    def forward(s, pictures):
        """Logits of pictures in [-1, 1], looked at in half size: what a person sees from afar must be enough."""
        h = s.body(F.avg_pool2d(pictures, 2))
        return s.head(torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1))


def train_classifier(batch_of, steps, device, path, log, batch=96):
    net = Classifier().to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    for step in range(steps):
        for g in optimizer.param_groups:
            g["lr"] = 2e-3 * min(1, (step + 1) / 50) * (.02 + .49 * (1 + math.cos(math.pi * step / steps)))
        x, truth = batch_of(batch)
        soft = F.interpolate(F.avg_pool2d(x, 4), scale_factor=4., mode="bilinear")      # so that softness alone says nothing
        x = torch.lerp(x, soft, torch.rand(len(x), 1, 1, 1, device=device)) + .06 * torch.rand(len(x), 1, 1, 1, device=device) * torch.randn_like(x)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            logits = net(x)
        loss = F.binary_cross_entropy_with_logits(logits.float(), truth)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    log(f"classifier: {steps} steps, last loss {loss.detach().item():.4f}")
    save_tensors(path, net.state_dict(), "F32")
    return net.eval()


def load_classifier(path, device):
    net = Classifier()
    net.load_state_dict(load_tensors(path))
    return net.to(device).eval()
