"""DivPrune's rule in NumPy, as the other side of the benchmark `diversity`.

Reads PATCHES x WIDTH float32 from stdin; then, for each line that names a
program, prints the seconds it took and the patches it kept, in order.
"""

import sys
import time

import numpy as np


def first(rows):
    """The table of cosines and the patch whose nearest other is farthest."""
    table = rows @ rows.T
    np.fill_diagonal(table, -2)
    return table, int(np.argmin(table.max(axis=1)))


def chosen(start, keep, cosines):
    """The greedy order; `cosines` gives those of one patch to all."""
    order = [start]
    nearest = cosines(start).copy()
    nearest[start] = 2
    for _ in range(1, keep):
        patch = int(np.argmin(nearest))
        order.append(patch)
        np.maximum(nearest, cosines(patch), out=nearest)
        nearest[patch] = 2
    return order


def products(features, keep):
    rows = features / np.linalg.norm(features, axis=1, keepdims=True)
    _, start = first(rows)
    return chosen(start, keep, lambda patch: rows @ rows[patch])


def table(features, keep):
    rows = features / np.linalg.norm(features, axis=1, keepdims=True)
    cosines, start = first(rows)
    return chosen(start, keep, lambda patch: cosines[patch])


def main():
    patches, width, keep = map(int, sys.argv[1:])
    stdin = sys.stdin.buffer
    features = np.frombuffer(stdin.read(4 * patches * width), "<f4").reshape(patches, width)
    programs = {"products": products, "table": table}
    for line in stdin:
        program = programs[line.decode().strip()]
        started = time.perf_counter()
        order = program(features, keep)
        seconds = time.perf_counter() - started
        print(seconds, ",".join(map(str, order)), flush=True)


if __name__ == "__main__":
    main()
