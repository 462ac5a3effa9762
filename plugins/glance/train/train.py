#!/usr/bin/env python3
"""Trains glance: pixels and words in, vectors out, so that a word lies where it stands.

    python train.py --out FOLDER --steps 9000

A run that was stopped goes on from its last checkpoint. The same versions, steps and number of threads give the same
weights. `--scale 0.5`, `--no-heads` are for ablations.
"""

import argparse
import json
import pathlib
import random
import time

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

from model import CELL, PARTS, Glance
from pages import Pages, faces
from words import ALPHABET, edited, plain, table

# Of each word whose number is 0 modulo this, nothing is learnt: it is for validation.
HELD_OUT = 16
UNSEEN_FAMILIES = ("manrope", "caladea", "fig", "spacem")


def held_out(word):
    return sum(word.encode()) % HELD_OUT == 0


def cells(placed, shape):
    """The word of each cell: its number among `placed`, −1 for paper, −2 for what is not told."""
    rows, cols = shape[0] // CELL[0], shape[1] // CELL[1]
    owner = np.full((rows, cols), -1, np.int64)
    place = np.zeros((rows, cols, 2), np.float32)
    ys = np.arange(rows) * CELL[0] + CELL[0] / 2
    xs = np.arange(cols) * CELL[1] + CELL[1] / 2
    for number, (text, left, top, right, bottom) in enumerate(placed):
        near_y = (ys > top - CELL[0] / 2) & (ys < bottom + CELL[0] / 2)
        near_x = (xs > left - CELL[1]) & (xs < right + CELL[1])
        block = np.ix_(near_y, near_x)
        owner[block] = np.where(owner[block] == -1, -2, owner[block])
    for number, (text, left, top, right, bottom) in enumerate(placed):
        in_y = (ys > top) & (ys < bottom)
        in_y[np.argmin(np.abs(ys - (top + bottom) / 2))] = True
        in_x = (xs > left) & (xs < right)
        in_x[np.argmin(np.abs(xs - (left + right) / 2))] = True
        block = np.ix_(in_y, in_x)
        owner[block] = number if text else -2
        place[block] = np.stack(np.broadcast_arrays(
            ((xs[in_x] - left) / max(right - left, 1))[None, :],
            ((ys[in_y] - top) / max(bottom - top, 1))[:, None]), -1)
    return owner, place


def letters_of(word):
    """36 letters in each of the parts of the levels 1 to 3 of PHOC."""
    out = np.zeros((PARTS, 36), np.float32)
    row = 0
    for level in (1, 2, 3):
        for part in range(level):
            for i, c in enumerate(word):
                inside = min((i + 1) * level, (part + 1) * len(word)) - max(i * level, part * len(word))
                if 2 * inside >= level:
                    out[row, ALPHABET.index(c)] = 1
            row += 1
    return out.reshape(-1)


class Crops(IterableDataset):
    def __init__(self, seed, files, first, batch, steps, learning=True):
        self.pages = Pages(seed, files=files)
        self.first, self.batch, self.steps, self.learning = first, batch, steps, learning

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        start, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        for step in range(self.first + start, self.steps, stride):
            yield self.one(step)

    def one(self, step):
        rng = random.Random(step)
        images, owners, places, words = [], [], [], {}
        for i in range(self.batch):
            pixels, placed = self.pages.crop(step * self.batch + i)
            if self.learning:
                placed = [("" if held_out(plain(p[0])) else p[0], *p[1:]) for p in placed]
            owner, place = cells(placed, pixels.shape)
            number = np.array([words.setdefault(plain(p[0]), len(words)) if p[0] else -2 for p in placed] + [-1, -2])
            # −1 and −2 index the last two entries from the end: paper is −1, untold −2.
            number[-2], number[-1] = -2, -1
            owners.append(number[owner])
            places.append(place)
            images.append(pixels)
        known = list(words)
        wrong = [edited(word, rng) for word in known]
        wrong = [w for w in dict.fromkeys(wrong) if w and w not in words]
        rows, starts = table(known + wrong)
        return {
            "image": torch.from_numpy(np.stack(images))[:, None].float() / 127.5 - 1,
            "owner": torch.from_numpy(np.stack(owners)),
            "place": torch.from_numpy(np.stack(places)),
            "rows": torch.from_numpy(rows), "starts": torch.from_numpy(starts),
            "letters": torch.from_numpy(np.stack([letters_of(w) for w in known])),
            "known": known,
        }


def losses(model, batch, heads=True):
    seen, trunk = model.image(batch["image"])
    owner = batch["owner"].reshape(-1)
    flat = lambda x: x.permute(0, 2, 3, 1).reshape(owner.numel(), -1)
    vectors = flat(seen)
    words = model.words(batch["rows"], batch["starts"])
    null = F.normalize(model.null, dim=0)[None]
    count = len(batch["known"])
    ink = (owner >= 0).nonzero()[:, 0]
    paper = (owner == -1).nonzero()[:, 0]
    paper = paper[torch.randperm(len(paper))[: max(64, len(ink) // 3)]]
    sharp = model.sharp()
    # Each cell among all words, their misspellings and nothing.
    logits = sharp * vectors[torch.cat([ink, paper])] @ torch.cat([words, null]).T
    target = torch.cat([owner[ink], torch.full((len(paper),), words.shape[0])])
    of_cells = F.cross_entropy(logits, target, label_smoothing=0.02)
    # Each word among all cells.
    columns = (sharp * words[:count] @ vectors[torch.cat([ink, paper])].T).log_softmax(1)
    own = F.one_hot(target[: len(ink)], words.shape[0] + 1)[:, :count].T.float()
    own = F.pad(own, (0, len(paper)))
    of_words = -(columns * own).sum(1) / own.sum(1).clamp(min=1)
    of_words = of_words[own.sum(1) > 0].mean() - np.log(8.0)
    loss = of_cells + 0.5 * of_words
    parts = {"cells": of_cells.item(), "words": of_words.item()}
    if heads:
        letters = flat(model.letters(trunk))[ink]
        place = flat(model.place(trunk))[ink]
        of_letters = F.binary_cross_entropy_with_logits(letters, batch["letters"][owner[ink]]) * 10
        of_place = F.mse_loss(place, batch["place"].reshape(-1, 2)[ink])
        loss = loss + of_letters + of_place
        parts |= {"letters": of_letters.item(), "place": of_place.item()}
    return loss, parts


@torch.no_grad()
def validate(model, batches):
    """Share of words that were never learnt, in faces that were never seen, whose best cell among all crops of a batch
    is their own, and the share that a cell drawn at random would be; and the area under the curve of words that are there against words that are not."""
    model.eval()
    found, chance, scores, absent = [], [], [], []
    for batch, other in zip(batches, batches[1:] + batches[:1]):
        seen, _ = model.image(batch["image"])
        owner = batch["owner"].reshape(-1)
        vectors = seen.permute(0, 2, 3, 1).reshape(owner.numel(), -1)
        words = model.words(batch["rows"], batch["starts"])[: len(batch["known"])]
        best, at = (words @ vectors.T).max(1)
        for number, word in enumerate(batch["known"]):
            if held_out(word) and len(word) > 2:
                found.append(owner[at[number]].item() == number)
                chance.append((owner == number).float().mean().item())
                scores.append(best[number].item())
        others = model.words(other["rows"], other["starts"])[: len(other["known"])]
        best = (others @ vectors.T).max(1).values
        absent += [best[i].item() for i, w in enumerate(other["known"]) if w not in batch["known"] and len(w) > 2]
    model.train()
    scores, absent = np.array(scores), np.sort(np.array(absent))
    auc = (np.searchsorted(absent, scores) / len(absent)).mean()
    return {"recall": float(np.mean(found)), "chance": float(np.mean(chance)), "auc": float(auc), "held": len(found)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--no-heads", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    files = faces()
    unseen = [f for f in files if pathlib.Path(f).stem.lower().startswith(UNSEEN_FAMILIES)]
    learnt = [f for f in files if f not in unseen]
    tests = Crops(77, unseen, 0, 8, 6, learning=False)
    tests = [tests.one(step) for step in range(6)]
    model = Glance(args.scale)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device, memory_format=torch.channels_last)
    table_of = [p for n, p in model.named_parameters() if n.startswith("table")]
    rest = [p for n, p in model.named_parameters() if not n.startswith("table")]
    optimizer = torch.optim.AdamW([{"params": table_of, "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.01}], lr=3e-3)
    warm = min(300, args.steps // 10 + 1)
    rate = lambda step: min(1.0, (step + 1) / warm) * (0.5 + 0.5 * np.cos(np.pi * min(1.0, step / args.steps))) + 0.003
    checkpoint = args.out / "checkpoint.pt"
    first, curve, spent = 0, [], 0.0
    if checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        first, curve, spent = kept["step"], kept["curve"], kept["spent"]
        print(f"goes on from step {first}", flush=True)
    began = time.time() - spent
    loader = DataLoader(Crops(args.seed, learnt, first, args.batch, args.steps), batch_size=None, num_workers=2,
                        prefetch_factor=4)
    mean = {}
    for step, batch in enumerate(loader, first):
        for group in optimizer.param_groups:
            group["lr"] = float(3e-3 * rate(step))
        batch = {k: v.to(device) if torch.is_tensor(v) else v for k, v in batch.items()}
        batch["image"] = batch["image"].contiguous(memory_format=torch.channels_last)
        loss, parts = losses(model, batch, not args.no_heads)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        mean = {k: 0.98 * mean.get(k, v) + 0.02 * v for k, v in parts.items()}
        done = step + 1
        if done % 50 == 0:
            left = (time.time() - began) / done * (args.steps - done)
            told = " ".join(f"{k} {v:.3f}" for k, v in mean.items())
            print(f"{done}/{args.steps} {told}, {left / 60:.0f} min left", flush=True)
        if done % 500 == 0 or done == args.steps:
            row = {"step": done, "seconds": time.time() - began, **mean, **validate(model, tests)}
            curve.append(row)
            print(json.dumps(row), flush=True)
            temporary = checkpoint.with_suffix(".new")
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": done, "curve": curve,
                        "spent": time.time() - began, "scale": args.scale}, temporary)
            temporary.replace(checkpoint)
            (args.out / "curve.json").write_text(json.dumps(curve, indent=1) + "\n")
            told = f"words that were never learnt: {row['recall']:.4f} found, {row['chance']:.4f} by chance"
            if done == args.steps and row["recall"] < 10 * row["chance"]:
                told += ": nothing was learnt"
            print(told, flush=True)


if __name__ == "__main__":
    main()
