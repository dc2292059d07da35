"""Makes java/src/test/resources/init_image: pictures in many formats and what PIL turns them into.

Run with a Python that has Pillow: python3 tools/reference/init_images.py
"""

import math
import pathlib
import random

from PIL import Image

OUT = pathlib.Path(__file__).parents[2] / "java/src/test/resources/init_image"


def picture(width, height, seed=0):
    """Smooth colours with hard edges and some noise, so that filters overshoot and clip."""
    rng = random.Random(seed)
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            edge = 255 if (x // 5 + y // 7) % 2 else 0
            wave = int(127 + 120 * math.sin(x / 3.0 + seed) * math.cos(y / 4.0))
            image.putpixel((x, y), (edge, wave, (wave + rng.randrange(96)) % 256))
    return image


def convert(name, image, **options):
    """A source file and its RGB as PIL reads it back."""
    image.save(OUT / name, **options)
    Image.open(OUT / name).convert("RGB").save(OUT / (name + ".rgb.png"))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    source = picture(37, 29)
    source.save(OUT / "source.png")

    for width, height in [(64, 64), (16, 8), (64, 16), (16, 64), (37, 64), (64, 29), (37, 29)]:
        source.resize((width, height), Image.LANCZOS).save(OUT / f"stretch_{width}x{height}.png")
    # 64x64 of 37x29: the middle 29 columns. 64x16: the middle 9 rows.
    source.crop((4, 0, 33, 29)).resize((64, 64), Image.LANCZOS).save(OUT / "crop_64x64.png")
    source.crop((0, 10, 37, 19)).resize((64, 16), Image.LANCZOS).save(OUT / "crop_64x16.png")
    for name, size, inner, corner in [
        ("pad_64x64", (64, 64), (64, 50), (0, 7)),
        ("pad_64x16", (64, 16), (20, 16), (22, 0)),
    ]:
        padded = Image.new("RGB", size)
        padded.paste(source.resize(inner, Image.LANCZOS), corner)
        padded.save(OUT / f"{name}.png")

    alpha = picture(37, 29, 2).convert("L")
    rgba = source.copy()
    rgba.putalpha(alpha)
    grey_alpha = source.convert("L").convert("LA")
    grey_alpha.putalpha(alpha)
    palette = source.convert("P", palette=Image.ADAPTIVE, colors=16)
    convert("grey.png", source.convert("L"))
    convert("grey_alpha.png", grey_alpha)
    convert("one_bit.png", source.convert("1"))
    convert("palette.png", palette)
    convert("palette_transparent.png", palette, transparency=3)
    convert("rgba.png", rgba)
    convert("source.bmp", source)
    convert("source.webp", source, lossless=True)
    convert("rgba.webp", rgba, lossless=True, exact=True)
    convert("photo.jpg", source, quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6  # a reader that obeyed it would turn the picture by 90 degrees
    convert("turned.jpg", source, quality=90, exif=exif)
    convert("grey.jpg", source.convert("L"), quality=90)


if __name__ == "__main__":
    main()
