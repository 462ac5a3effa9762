"""Crops of pages to learn from: words at known places, in many faces, sizes and conditions.

None of the faces and none of the layouts of the evaluation is here.
"""

import io
import pathlib
import random
import tempfile

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from words import Words, plain

# The evaluation prints in Noto Sans, Ubuntu, Hack, DejaVu Sans Mono, Libertinus and New Computer Modern.
# Hack comes of Bitstream Vera Mono as DejaVu Sans Mono does; Computer Modern is New Computer Modern's parent.
UNSEEN = ("noto", "ubuntu", "hack", "dejavusansmono", "libertinus", "cm")
SYMBOLS = ("stixnonuni", "stixsiz", "display", "emoji", "symbol", "math", "icon")


def faces() -> list[str]:
    """Files of faces from the installed packages, sorted by name."""
    import matplotlib
    import pymupdf_fonts

    site = pathlib.Path(matplotlib.__file__).resolve().parents[1]
    files = [*site.rglob("*.ttf"), *site.rglob("*.otf")]
    name = lambda path: path.stem.lower().replace("-", "").replace("_", "")
    wanted = [p for p in files if not any(name(p).startswith(part) for part in UNSEEN + SYMBOLS)]
    kept = {}
    for path in sorted(wanted, key=lambda p: p.name):
        try:
            font = ImageFont.truetype(str(path), 24)
        except OSError:
            continue
        # A face without letters draws all of them alike.
        if font.getmask("a").getbbox() and bytes(font.getmask("a")) != bytes(font.getmask("b")):
            kept.setdefault(name(path), str(path))
    # Faces that this package keeps inside of itself, as files for the day.
    folder = pathlib.Path(tempfile.gettempdir()) / "glance-faces"
    folder.mkdir(exist_ok=True)
    for code in sorted(pymupdf_fonts.fontbuffers):
        if code.startswith(("cascadia", "fig", "fim", "spacem")):
            path = folder / f"{code}.ttf"
            path.write_bytes(pymupdf_fonts.myfont(code))
            kept[code] = str(path)
    return list(kept.values())


class Pages:
    """An endless row of crops, each from its number alone."""

    def __init__(self, seed: int, size: tuple[int, int] = (192, 640), files: list[str] | None = None):
        self.seed, self.size = seed, size
        self.files = files or faces()
        self.words = Words(random.Random(seed))
        self.fonts = {}

    def font(self, path: str, size: int):
        key = (path, size)
        if key not in self.fonts:
            if len(self.fonts) > 800:
                self.fonts.clear()
            self.fonts[key] = ImageFont.truetype(path, size)
        return self.fonts[key]

    def crop(self, number: int):
        """Grey pixels [H, W] of 0 to 255, and words as (text, left, top, right, bottom)."""
        rng = random.Random(self.seed * 1_000_003 + number)
        self.words.rng = rng
        height, width = self.size
        paper, ink = rng.randint(190, 255), rng.randint(0, 110)
        if rng.random() < 0.08:
            paper, ink = rng.randint(0, 70), rng.randint(160, 255)
        image = Image.new("L", (width, height), paper)
        draw = ImageDraw.Draw(image)
        if rng.random() < 0.25:
            self.clutter(draw, rng, paper, ink)
        placed = []
        # The heights of letters as designers give them; half of all near the small end, which is hard.
        size = lambda: int(rng.choice([rng.uniform(13, 24), rng.uniform(16, 44)]))
        face, one_size = rng.choice(self.files), size()
        y = rng.randint(-8, 10)
        while y < height:
            if rng.random() < 0.2:
                face = rng.choice(self.files)
            if rng.random() < 0.15:
                one_size = size()
            font = self.font(face, one_size)
            x = rng.randint(-30, 90)
            gap_of_line = rng.choice([0.28, 0.28, 0.28, 1.0, 3.0])
            while x < width:
                text = self.words.one()
                left, top, right, bottom = draw.textbbox((x, y), text, font=font)
                draw.text((x, y), text, font=font, fill=ink)
                # A word that is cut off by the edge is not the word.
                if left >= -1 and right <= width + 1 and top >= -2 and bottom <= height + 2 and plain(text):
                    placed.append((text, left, top, right, bottom))
                else:
                    placed.append(("", left, top, right, bottom))
                x = right + max(3, int(one_size * (gap_of_line + rng.uniform(-0.04, 0.1))))
                if rng.random() < 0.06:
                    x += rng.randint(20, 160)
                if rng.random() < 0.03:
                    end = min(width, x + rng.randint(40, 250))
                    for dot in range(x, end, max(5, one_size // 3)):
                        draw.text((dot, y), ".", font=font, fill=ink)
                    x = end + 8
            y += int(one_size * rng.uniform(1.15, 2.2))
            if rng.random() < 0.1:
                draw.line([(0, y - 2), (width, y - 2)], fill=(ink + paper) // 2, width=rng.randint(1, 2))
        return self.worse(image, placed, rng)

    @staticmethod
    def clutter(draw, rng, paper, ink):
        for _ in range(rng.randint(1, 8)):
            x, y = rng.randint(-40, 640), rng.randint(-40, 200)
            w, h = rng.randint(5, 220), rng.randint(5, 120)
            shade = rng.randint(min(paper, ink), max(paper, ink))
            shade = (shade + 3 * paper) // 4
            if rng.random() < 0.5:
                draw.rectangle([x, y, x + w, y + h], fill=shade if rng.random() < 0.6 else None, outline=(ink + paper) // 2)
            else:
                draw.ellipse([x, y, x + w, y + h], outline=shade, width=rng.randint(1, 4))

    @staticmethod
    def worse(image, placed, rng):
        if rng.random() < 0.3:
            # A slant about the middle: boxes move down or up with it.
            turn = rng.uniform(-0.03, 0.03)
            width, height = image.size
            fill = image.getpixel((width - 1, height - 1))
            image = image.transform(image.size, Image.AFFINE, (1, 0, 0, turn, 1, -turn * width / 2),
                                    Image.BILINEAR, fillcolor=fill)
            down = lambda x: -turn * (x - width / 2)
            placed = [(t, l, p + down((l + r) / 2), r, b + down((l + r) / 2)) for t, l, p, r, b in placed]
        if rng.random() < 0.35:
            image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.6)))
        pixels = np.asarray(image, np.float32)
        if rng.random() < 0.3:
            mean = pixels.mean()
            pixels = mean + (pixels - mean) * rng.uniform(0.2, 1.0)
        noise = np.random.default_rng(rng.getrandbits(32))
        if rng.random() < 0.2:
            ramp = np.linspace(rng.uniform(-40, 0), rng.uniform(0, 40), pixels.shape[1], dtype=np.float32)
            pixels = pixels + ramp[None, :]
        if rng.random() < 0.45:
            pixels = pixels + noise.normal(0, rng.uniform(1, 18), pixels.shape).astype(np.float32)
        pixels = np.clip(pixels, 0, 255).astype(np.uint8)
        if rng.random() < 0.25:
            data = io.BytesIO()
            Image.fromarray(pixels).save(data, "JPEG", quality=rng.randint(15, 80))
            pixels = np.asarray(Image.open(data))
        return pixels, placed
