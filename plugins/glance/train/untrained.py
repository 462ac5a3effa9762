"""What glance was not made for: photographs, and pages in other scripts; asked in English, with the answer anywhere.

    python3 untrained.py PHOTOGRAPHS FONT INTO
    cargo xtask eval --suite INTO/untrained.yaml

A quarter of a photograph is a page. FONT has Greek, Cyrillic and Hebrew letters, as DejaVu Sans has. The suite sets the
system against the same without hearing the question: it should not be worse.
"""

import json
import pathlib
import random
import sys

from PIL import Image, ImageDraw, ImageFont

SIDE = 1344
ALPHABETS = ("αβγδεζηθικλμνξοπρστυφχψω", "абвгдежзийклмнопрстуфхцчшщыэюя", "אבגדהוזחטיכלמנסעפצקרשת")
SIZES = (18, 22, 28, 36)
PAGES = 24
QUESTIONS = (
    "What is the invoice number?", "What is written on the sign?", "Where is the cat?",
    "Which year is on the page?", "What is the red thing?", "What is the name of the person?",
)
SUITE = """schema: arrcoc.suite/1
suite: untrained
version: 1
description: What glance was not made for.
datasets:
  - {kind: manifest, name: photographs, file: photographs.jsonl, pages: 1000, quick: 4}
  - {kind: manifest, name: scripts, file: scripts.jsonl, pages: 24, quick: 4}
  - {kind: codes, pages: 24, quick: 4, size: 1344x1344}
averages: [81, 100, 144, 225]
methods: [uniform, content, system]
against: [content]
tasks:
  reconstruct: {on: [photographs, scripts]}
  decode: {on: [codes]}
"""


def asked(name, boxes):
    """Three questions to a page, each with one of some boxes for its answer."""
    for question in random.sample(QUESTIONS, 3):
        yield {"image": f"{name}.png", "name": name, "question": question, "answers": ["?"], "boxes": [random.choice(boxes)]}


def photographs(folder, into):
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg")):
        whole = Image.open(path).convert("RGB")
        wide, high = whole.width // 2, whole.height // 2
        for part in range(4):
            left, top = part % 2 * wide, part // 2 * high
            page = whole.crop((left, top, left + wide, top + high)).resize((SIDE, SIDE * high // wide), Image.LANCZOS)
            name = f"{path.stem}-{part}"
            page.save(into / f"{name}.png")
            size = [page.width // 6, page.height // 6]
            places = [[random.randrange(page.width - size[0]), random.randrange(page.height - size[1])] for _ in range(3)]
            yield from asked(name, [place + size for place in places])


def scripts(font, into):
    for number in range(PAGES):
        letters, size = ALPHABETS[number % len(ALPHABETS)], SIZES[number // len(ALPHABETS) % len(SIZES)]
        face = ImageFont.truetype(str(font), size)
        page = Image.new("RGB", (SIDE, SIDE), (250, 248, 244))
        draw = ImageDraw.Draw(page)

        def word(least, most):
            return "".join(random.choice(letters) for _ in range(random.randint(least, most))).capitalize()

        values = []
        for top in range(60, SIDE - 100, 2 * size):
            for left in (60, 720):
                draw.text((left, top), f"{word(4, 8)} {word(3, 6)}:", fill=(30, 30, 40), font=face)
                at, value = (left + 330, top), word(4, 9)
                draw.text(at, value, fill=(30, 30, 40), font=face)
                x, y, right, bottom = (int(edge) for edge in draw.textbbox(at, value, font=face))
                values.append([x, y, right - x, bottom - y])
        name = f"script-{number}"
        page.save(into / f"{name}.png")
        yield from asked(name, values)


def main(folder, font, into):
    random.seed(1)
    into.mkdir()
    for name, lines in (("photographs", photographs(folder, into)), ("scripts", scripts(font, into))):
        (into / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (into / "untrained.yaml").write_text(SUITE)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(pathlib.Path, sys.argv[1:]))
