#!/usr/bin/env python3
"""Writes what was trained as one safetensors file, normalisations folded into their convolutions.

    python export.py RUN/checkpoint.pt FILE
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from model import Block, Glance


def folded(unit):
    """Weights and bias of a convolution with its normalisation, as [rows, columns, in, out]."""
    conv, norm = unit[0], unit[1]
    gain = norm.weight / (norm.running_var + norm.eps).sqrt()
    weight = conv.weight * gain[:, None, None, None]
    return weight.permute(2, 3, 1, 0).contiguous(), (norm.bias - norm.running_mean * gain).contiguous()


def main():
    kept = torch.load(sys.argv[1], map_location="cpu")
    model = Glance(kept["scale"])
    model.load_state_dict(kept["model"])
    tensors, number = {}, 0

    def add(unit):
        nonlocal number
        tensors[f"image.{number}.weight"], tensors[f"image.{number}.bias"] = folded(unit)
        number += 1

    for layer in model.image.layers:
        if isinstance(layer, Block):
            for unit in [layer.depth, *(layer.point if isinstance(layer.point[0], torch.nn.Sequential) else [layer.point])]:
                add(unit)
        else:
            add(layer)
    tensors["image.last.weight"] = model.image.last.weight.permute(2, 3, 1, 0).contiguous()
    tensors["image.last.bias"] = model.image.last.bias
    tensors["words"] = model.table.weight
    tensors["null"] = torch.nn.functional.normalize(model.null, dim=0)
    # The table is most of the file, and half the digits are as good.
    tensors = {k: v.detach().to(torch.float16 if k == "words" else torch.float32) for k, v in tensors.items()}
    last = kept["curve"][-1]
    metadata = {"steps": str(kept["step"]), "recall": f"{last['recall']:.4f}", "auc": f"{last['auc']:.4f}",
                "sharp": f"{model.sharp().item():.4f}"}
    pathlib.Path(sys.argv[2]).parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, sys.argv[2], metadata)
    print(json.dumps({name: list(t.shape) for name, t in tensors.items()}))


if __name__ == "__main__":
    main()
