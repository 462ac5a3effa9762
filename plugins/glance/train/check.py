#!/usr/bin/env python3
"""Writes what the trained network makes of an image and of words, for the Rust tests to compare.

    python check.py RUN/checkpoint.pt ../tests/compare.json
"""

import json
import sys

import numpy as np
import torch

from model import Glance
from words import table

WORDS = ["total", "dateofbirth", "x", "1250", "invoicenumber"]


def picture(width, height):
    x, y = np.meshgrid(np.arange(width), np.arange(height), indexing="xy")
    return (((x * 5 + y * 3) ^ (x * y // 7)) & 255).astype(np.uint8)


def main():
    kept = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
    model = Glance(kept["scale"])
    model.load_state_dict(kept["model"])
    model.eval()
    with torch.no_grad():
        # Higher than a band, so that the margins of bands are seen.
        image = torch.from_numpy(picture(104, 400)).float()[None, None] / 127.5 - 1
        cells = model.image(image)[0][0].permute(1, 2, 0)
        words = model.words(*[torch.from_numpy(part) for part in table(WORDS)])
    at = [(r, c) for r in range(0, 25, 3) for c in range(0, 13, 4)]
    told = {
        "words": dict(zip(WORDS, [[round(x, 5) for x in v] for v in words.tolist()])),
        "cells": [[r, c, [round(x, 5) for x in cells[r, c].tolist()]] for r, c in at],
    }
    open(sys.argv[2], "w").write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
