"""The three networks of SD1.x, with the parameter names of transformers (CLIPTextModel) and diffusers (UNet2DConditionModel,
AutoencoderKL), so that a state_dict is a checkpoint. Only what this model's configuration uses is here."""
import math

import torch
import torch.nn.functional as F
from torch import nn

TEXT = dict(width=128, layers=4, heads=4, length=77)
UNET = dict(widths=(64, 96, 128, 96), layers=1, heads=4, context=128, groups=16)
VAE = dict(widths=(32, 64, 96, 96), layers=1, groups=16)
SCALING = 0.18215


def attend(q, k, v, heads, causal=False):
    q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
    if hasattr(F, "scaled_dot_product_attention"):
        out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    else:
        w = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if causal:
            w = w + torch.full(w.shape[-2:], float("-inf"), device=w.device, dtype=w.dtype).triu(1)
        out = w.softmax(-1) @ v
    return out.transpose(1, 2).flatten(2)


class Bag(nn.Module):
    """A named group of modules, for the nesting that the checkpoint's names ask for."""
    def __init__(s, **children):
        super().__init__()
        for name, child in children.items():
            setattr(s, name, child)


# ---- text encoder
class TextLayer(nn.Module):
    def __init__(s, d, heads):
        super().__init__()
        s.heads = heads
        s.self_attn = Bag(**{f"{n}_proj": nn.Linear(d, d) for n in ("k", "v", "q", "out")})
        s.layer_norm1, s.layer_norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        s.mlp = Bag(fc1=nn.Linear(d, 4 * d), fc2=nn.Linear(4 * d, d))

    def forward(s, x):
        a, h = s.self_attn, s.layer_norm1(x)
        x = x + a.out_proj(attend(a.q_proj(h), a.k_proj(h), a.v_proj(h), s.heads, causal=True))
        h = s.mlp.fc1(s.layer_norm2(x))
        return x + s.mlp.fc2(h * torch.sigmoid(1.702 * h))


class Text(nn.Module):
    def __init__(s, vocabulary, width, layers, heads, length):
        super().__init__()
        s.text_model = Bag(
            embeddings=Bag(token_embedding=nn.Embedding(vocabulary, width), position_embedding=nn.Embedding(length, width)),
            encoder=Bag(layers=nn.ModuleList(TextLayer(width, heads) for _ in range(layers))), final_layer_norm=nn.LayerNorm(width))
        for e in (s.text_model.embeddings.token_embedding, s.text_model.embeddings.position_embedding):
            nn.init.normal_(e.weight, std=.02 if e.num_embeddings == length else .1)

    def forward(s, ids):
        m = s.text_model
        x = m.embeddings.token_embedding(ids) + m.embeddings.position_embedding.weight[:ids.shape[1]]
        for layer in m.encoder.layers:
            x = layer(x)
        return m.final_layer_norm(x)


# ---- parts of both the UNet and the VAE
class Resnet(nn.Module):
    def __init__(s, cin, cout, groups, eps, time=None):
        super().__init__()
        s.norm1, s.conv1 = nn.GroupNorm(groups, cin, eps), nn.Conv2d(cin, cout, 3, padding=1)
        s.time_emb_proj = nn.Linear(time, cout) if time else None
        s.norm2, s.conv2 = nn.GroupNorm(groups, cout, eps), nn.Conv2d(cout, cout, 3, padding=1)
        s.conv_shortcut = nn.Conv2d(cin, cout, 1) if cin != cout else None

    def forward(s, x, t=None):
        h = s.conv1(F.silu(s.norm1(x)))
        if t is not None:
            h = h + s.time_emb_proj(F.silu(t))[:, :, None, None]
        h = s.conv2(F.silu(s.norm2(h)))
        return h + (s.conv_shortcut(x) if s.conv_shortcut is not None else x)


class Upsample(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.conv = nn.Conv2d(c, c, 3, padding=1)

    def forward(s, x):
        return s.conv(F.interpolate(x, scale_factor=2., mode="nearest"))


class Downsample(nn.Module):
    def __init__(s, c, padding):
        super().__init__()
        s.padding, s.conv = padding, nn.Conv2d(c, c, 3, stride=2, padding=padding)

    def forward(s, x):
        return s.conv(x if s.padding else F.pad(x, (0, 1, 0, 1)))


# ---- UNet
class CrossAttention(nn.Module):
    def __init__(s, d, context, heads):
        super().__init__()
        s.heads = heads
        s.to_q, s.to_k, s.to_v = nn.Linear(d, d, bias=False), nn.Linear(context, d, bias=False), nn.Linear(context, d, bias=False)
        s.to_out = nn.ModuleList([nn.Linear(d, d), nn.Identity()])

    def forward(s, x, c):
        return s.to_out[0](attend(s.to_q(x), s.to_k(c), s.to_v(c), s.heads))


class TransformerBlock(nn.Module):
    def __init__(s, d, context, heads):
        super().__init__()
        s.norm1, s.norm2, s.norm3 = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)
        s.attn1, s.attn2 = CrossAttention(d, d, heads), CrossAttention(d, context, heads)
        s.ff = Bag(net=nn.ModuleList([Bag(proj=nn.Linear(d, 8 * d)), nn.Identity(), nn.Linear(4 * d, d)]))

    def forward(s, x, c):
        h = s.norm1(x)
        x = x + s.attn1(h, h)
        x = x + s.attn2(s.norm2(x), c)
        a, b = s.ff.net[0].proj(s.norm3(x)).chunk(2, -1)
        return x + s.ff.net[2](a * F.gelu(b))


class Transformer(nn.Module):
    def __init__(s, d, context, heads, groups):
        super().__init__()
        s.norm = nn.GroupNorm(groups, d, 1e-6)
        s.proj_in, s.proj_out = nn.Conv2d(d, d, 1), nn.Conv2d(d, d, 1)
        s.transformer_blocks = nn.ModuleList([TransformerBlock(d, context, heads)])

    def forward(s, x, c):
        h = s.proj_in(s.norm(x))
        n, d, height, width = h.shape
        h = s.transformer_blocks[0](h.flatten(2).transpose(1, 2), c)
        return x + s.proj_out(h.transpose(1, 2).reshape(n, d, height, width))


class UNet(nn.Module):
    def __init__(s, widths, layers, heads, context, groups):
        super().__init__()
        time = 4 * widths[0]
        resnet = lambda i, o: Resnet(i, o, groups, 1e-5, time)
        attention = lambda d: Transformer(d, context, heads, groups)
        s.width = widths[0]
        s.conv_in = nn.Conv2d(4, widths[0], 3, padding=1)
        s.time_embedding = Bag(linear_1=nn.Linear(widths[0], time), linear_2=nn.Linear(time, time))
        s.down_blocks, s.up_blocks = nn.ModuleList(), nn.ModuleList()
        last, skips = widths[0], [widths[0]]
        for i, w in enumerate(widths):
            block = Bag(resnets=nn.ModuleList(resnet(last if j == 0 else w, w) for j in range(layers)))
            skips += [w] * layers
            if i < 3:
                block.attentions = nn.ModuleList(attention(w) for _ in range(layers))
                block.downsamplers = nn.ModuleList([Downsample(w, 1)])
                skips.append(w)
            s.down_blocks.append(block)
            last = w
        s.mid_block = Bag(attentions=nn.ModuleList([attention(last)]), resnets=nn.ModuleList([resnet(last, last), resnet(last, last)]))
        for i, w in enumerate(reversed(widths)):
            block = Bag(resnets=nn.ModuleList(resnet((last if j == 0 else w) + skips.pop(), w) for j in range(layers + 1)))
            if i > 0:
                block.attentions = nn.ModuleList(attention(w) for _ in range(layers + 1))
            if i < 3:
                block.upsamplers = nn.ModuleList([Upsample(w)])
            s.up_blocks.append(block)
            last = w
        s.conv_norm_out, s.conv_out = nn.GroupNorm(groups, last, 1e-5), nn.Conv2d(last, 4, 3, padding=1)

    def forward(s, x, t, c):
        half = s.width // 2
        angle = t.float()[:, None] * torch.exp(-math.log(10000) / half * torch.arange(half, device=x.device, dtype=torch.float32))
        t = torch.cat([angle.cos(), angle.sin()], 1).to(x.dtype)
        t = s.time_embedding.linear_2(F.silu(s.time_embedding.linear_1(t)))
        x = s.conv_in(x)
        skips = [x]
        for block in s.down_blocks:
            for j, resnet in enumerate(block.resnets):
                x = resnet(x, t)
                if hasattr(block, "attentions"):
                    x = block.attentions[j](x, c)
                skips.append(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](x)
                skips.append(x)
        x = s.mid_block.resnets[1](s.mid_block.attentions[0](s.mid_block.resnets[0](x, t), c), t)
        for block in s.up_blocks:
            for j, resnet in enumerate(block.resnets):
                x = resnet(torch.cat([x, skips.pop()], 1), t)
                if hasattr(block, "attentions"):
                    x = block.attentions[j](x, c)
            if hasattr(block, "upsamplers"):
                x = block.upsamplers[0](x)
        return s.conv_out(F.silu(s.conv_norm_out(x)))


# ---- VAE
class MidAttention(nn.Module):
    def __init__(s, d, groups):
        super().__init__()
        s.group_norm = nn.GroupNorm(groups, d, 1e-6)
        s.to_q, s.to_k, s.to_v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)
        s.to_out = nn.ModuleList([nn.Linear(d, d), nn.Identity()])

    def forward(s, x):
        h = s.group_norm(x).flatten(2).transpose(1, 2)
        h = s.to_out[0](attend(s.to_q(h), s.to_k(h), s.to_v(h), 1))
        return x + h.transpose(1, 2).reshape(x.shape)


class Encoder(nn.Module):
    def __init__(s, widths, layers, groups):
        super().__init__()
        resnet = lambda i, o: Resnet(i, o, groups, 1e-6)
        s.conv_in, s.down_blocks, last = nn.Conv2d(3, widths[0], 3, padding=1), nn.ModuleList(), widths[0]
        for i, w in enumerate(widths):
            block = Bag(resnets=nn.ModuleList(resnet(last if j == 0 else w, w) for j in range(layers)))
            if i < 3:
                block.downsamplers = nn.ModuleList([Downsample(w, 0)])
            s.down_blocks.append(block)
            last = w
        s.mid_block = Bag(attentions=nn.ModuleList([MidAttention(last, groups)]), resnets=nn.ModuleList([resnet(last, last), resnet(last, last)]))
        s.conv_norm_out, s.conv_out = nn.GroupNorm(groups, last, 1e-6), nn.Conv2d(last, 8, 3, padding=1)

    def forward(s, x):
        x = s.conv_in(x)
        for block in s.down_blocks:
            for resnet in block.resnets:
                x = resnet(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](x)
        x = s.mid_block.resnets[1](s.mid_block.attentions[0](s.mid_block.resnets[0](x)))
        return s.conv_out(F.silu(s.conv_norm_out(x)))


class Decoder(nn.Module):
    def __init__(s, widths, layers, groups):
        super().__init__()
        resnet = lambda i, o: Resnet(i, o, groups, 1e-6)
        last = widths[-1]
        s.conv_in = nn.Conv2d(4, last, 3, padding=1)
        s.mid_block = Bag(attentions=nn.ModuleList([MidAttention(last, groups)]), resnets=nn.ModuleList([resnet(last, last), resnet(last, last)]))
        s.up_blocks = nn.ModuleList()
        for i, w in enumerate(reversed(widths)):
            block = Bag(resnets=nn.ModuleList(resnet(last if j == 0 else w, w) for j in range(layers + 1)))
            if i < 3:
                block.upsamplers = nn.ModuleList([Upsample(w)])
            s.up_blocks.append(block)
            last = w
        s.conv_norm_out, s.conv_out = nn.GroupNorm(groups, last, 1e-6), nn.Conv2d(last, 3, 3, padding=1)

    def forward(s, z):
        x = s.conv_in(z)
        x = s.mid_block.resnets[1](s.mid_block.attentions[0](s.mid_block.resnets[0](x)))
        for block in s.up_blocks:
            for resnet in block.resnets:
                x = resnet(x)
            if hasattr(block, "upsamplers"):
                x = block.upsamplers[0](x)
        return s.conv_out(F.silu(s.conv_norm_out(x)))


class Vae(nn.Module):
    def __init__(s, widths, layers, groups):
        super().__init__()
        s.encoder, s.decoder = Encoder(widths, layers, groups), Decoder(widths, layers, groups)
        s.quant_conv, s.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)

    def encode(s, x):
        """Mean and log variance of the latents, before scaling."""
        return s.quant_conv(s.encoder(x)).chunk(2, 1)

    def decode(s, z):
        return s.decoder(s.post_quant_conv(z))


def make_text(vocabulary):
    return Text(vocabulary, **TEXT)


def make_unet():
    return UNet(**UNET)


def make_vae():
    return Vae(**VAE)
