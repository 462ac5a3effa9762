#!/usr/bin/env python3
"""Reads a decision and its packed samples with numpy alone.

    arrcoc allocate photo.png --json decision.json --pack pack.safetensors
    python3 read_decision.py decision.json pack.safetensors
"""
import json, sys
import numpy as np

TYPES = {"U8": "u1", "U32": "<u4", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8"}

def safetensors(path):
    """Tensors by name: 8 bytes of header length, a JSON header, then the data."""
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    def tensor(t):
        first, end = (start + offset for offset in t["data_offsets"])
        return np.frombuffer(data[first:end], TYPES[t["dtype"]]).reshape(t["shape"])
    return {name: tensor(t) for name, t in header.items()}, metadata

decision = json.loads(open(sys.argv[1]).readline())
tokens = np.array(decision["tokens"])  # R rows of C numbers
print(f"{decision['applied']} tokens, {tokens.mean():.1f} a patch, mode {decision['mode']}")
for patch in np.argsort(-tokens, axis=None, kind="stable")[:5]:
    print("patch {},{}: {} tokens".format(*divmod(int(patch), tokens.shape[1]), tokens.flat[patch]))

pack, metadata = safetensors(sys.argv[2])
assert metadata["decision"] == decision["id"], "the samples are of another decision"
assert (pack["tokens"] == tokens.ravel()).all() and (np.diff(pack["patch"].astype(int)) >= 0).all()
counts = pack["shape"].prod(axis=1)  # samples of each patch, in the order of `patch`
assert (np.bincount(pack["patch"], minlength=tokens.size) == counts).all()
parts = np.split(pack["samples"], np.cumsum(counts)[:-1])
grids = [part.reshape(*shape, 3) for part, shape in zip(parts, pack["shape"])]
print(f"{len(grids)} sample grids, {counts.sum()} samples; the largest is {max(g.shape[:2] for g in grids)}")
