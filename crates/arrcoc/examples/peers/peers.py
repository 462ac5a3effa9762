"""The other side of `cargo xtask bench --peers`: OpenCV, NumPy and scikit-image.

A child of that program. It reads one JSON object a line and answers each with
one; `seconds` is what the fastest of the calls that were timed had of a
processor, all threads together. Images, features and
tables are files of plain numbers, since a pipe would take longer than the work.

Each peer does the whole of what ours does, with the vectorised functions that
its library has for it, and comes to the same numbers. Where there are two ways
to write it both are here: the one that most people would write, and the one that
was fastest of those tried. What was slower, on 24x24 patches of 1344x1344:
np.bincount for the histograms, of each patch or of all at once; np.add.reduceat
or cv2.integral for sums over patches of an image; the structure tensor by float64
dot products of patches, or in int32; NumPy for luma, or two calls of cv2.Sobel for
gradients. cv2.norm is fast for sums of squares, and not exact.
"""

import gc
import json
import sys
import time

import cv2
import numpy as np
import skimage
import skimage.color
import skimage.feature

cv2.setNumThreads(1)

# (77 R + 150 G + 29 B + 128) >> 8. OpenCV rounds a half to the even number; a
# quarter of the least step decides that a half goes up. All of it is exact in
# float32.
LUMA = np.array([[77 / 256, 150 / 256, 29 / 256, 1 / 1024]], np.float32)
FIELDS = 264


def cuts(length, parts):
    """Where the parts of a side begin, and the end."""
    return [part * length // parts for part in range(parts + 1)]


def quarter(gradient):
    """gradient / 4 towards zero, in int16."""
    rest = gradient >> 15
    rest &= 3
    rest += gradient
    rest >>= 2
    return rest


def gradients(image):
    """Luma and its Sobel derivatives, with the border replicated."""
    luma = cv2.transform(image, LUMA)
    return luma, *cv2.spatialGradient(luma, ksize=3, borderType=cv2.BORDER_REPLICATE)


def edges(gx, gy, threshold):
    """1 where |gx| + |gy| is at least the threshold, in bytes that saturate."""
    strength = cv2.add(cv2.convertScaleAbs(gx), cv2.convertScaleAbs(gy))
    return cv2.threshold(strength, threshold - 1, 1, cv2.THRESH_BINARY)[1]


def count(row, image, luma, edge):
    """All fields of a patch but the structure tensor."""
    row[0] = luma.size
    row[1:257] = cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel()
    row[257:260] = cv2.sumElems(image)[:3]
    row[260] = cv2.countNonZero(edge)


def statistics_whole(image, rows, columns, threshold):
    """Every step over the whole image, then the sums of each patch."""
    down, across = cuts(image.shape[0], rows), cuts(image.shape[1], columns)
    luma, gx, gy = gradients(image)
    edge = edges(gx, gy, threshold)
    gx, gy = quarter(gx), quarter(gy)
    table = np.empty((rows * columns, FIELDS), np.int64)
    for patch, row in enumerate(table):
        r, c = divmod(patch, columns)
        area = slice(down[r], down[r + 1]), slice(across[c], across[c + 1])
        count(row, image[area], luma[area], edge[area])
        x, y = (g[area].ravel().astype(np.float64) for g in (gx, gy))
        row[261:264] = x @ x, y @ y, x @ y
    return table


def statistics_strips(image, rows, columns, threshold):
    """A row of patches at a time, which stays in the processor's cache.

    The sum of a column of a strip is exact in float32 while a patch has no more
    than 258 rows of squares of 255.
    """
    height = image.shape[0]
    down, across = cuts(height, rows), cuts(image.shape[1], columns)
    assert max(np.diff(down)) <= 258
    table = np.empty((rows * columns, FIELDS), np.int64)
    for r in range(rows):
        top, bottom = down[r], down[r + 1]
        first = max(top - 1, 0)
        inner = slice(top - first, bottom - first)
        luma, gx, gy = (part[inner] for part in gradients(image[first : min(bottom + 1, height)]))
        edge = edges(gx, gy, threshold)
        gx, gy = quarter(gx), quarter(gy)
        patches = table[r * columns : (r + 1) * columns]
        for field, (a, b) in enumerate(((gx, gx), (gy, gy), (gx, gy)), 261):
            sums = cv2.reduce(cv2.multiply(a, b, dtype=cv2.CV_32F), 0, cv2.REDUCE_SUM).ravel()
            patches[:, field] = np.add.reduceat(sums, across[:-1], dtype=np.float64)
        strip = image[top:bottom]
        for c, row in enumerate(patches):
            area = slice(None), slice(across[c], across[c + 1])
            count(row, strip[area], luma[area], edge[area])
    return table


def structure_tensor(image, *_):
    """What scikit-image has of the list: grey, its gradients and their products,
    for each pixel and in float64. No histogram, no edges, no patches."""
    grey = skimage.color.rgb2gray(image)
    return skimage.feature.structure_tensor(grey, sigma=0, mode="nearest", order="rc")


STATISTICS = {
    "whole": statistics_whole,
    "strips": statistics_strips,
    "structure_tensor": structure_tensor,
}


def unit_rows(features):
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def first(rows):
    """The table of cosines, and the patch whose nearest other is farthest."""
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


def diversity_products(features, keep):
    """A matrix-vector product for each patch that is chosen."""
    rows = unit_rows(features)
    _, start = first(rows)
    return chosen(start, keep, lambda patch: rows @ rows[patch])


def diversity_table(features, keep):
    """A row of the table, which the first patch needed anyway."""
    rows = unit_rows(features)
    cosines, start = first(rows)
    return chosen(start, keep, lambda patch: cosines[patch])


DIVERSITY = {"products": diversity_products, "table": diversity_table}


def nearest_two(features, kept):
    """The largest cosine of two different patches of those kept."""
    table, _ = first(unit_rows(features[kept]))
    return float(table.max())


class Peers:
    """What was loaded, and what can be asked for."""

    def versions(self, _):
        return {
            "python": sys.version.split()[0],
            "opencv": cv2.__version__,
            "numpy": np.__version__,
            "scikit-image": skimage.__version__,
        }

    def load_image(self, ask):
        self.image = np.fromfile(ask["file"], np.uint8).reshape(ask["height"], ask["width"], 3)
        return {}

    def load_features(self, ask):
        self.features = np.fromfile(ask["file"], "<f4").reshape(ask["patches"], -1)
        return {}

    def statistics(self, ask):
        way = STATISTICS[ask["way"]]
        return timed(ask, lambda: way(self.image, ask["rows"], ask["columns"], ask["threshold"]))

    def table(self, ask):
        """Writes the table that one way comes to."""
        way = STATISTICS[ask["way"]]
        table = way(self.image, ask["rows"], ask["columns"], ask["threshold"])
        table.astype("<i8").tofile(ask["file"])
        return {}

    def diversity(self, ask):
        way = DIVERSITY[ask["way"]]
        return timed(ask, lambda: way(self.features, ask["keep"]))

    def kept(self, ask):
        """What one way keeps, and how near the nearest two are, there and of ours."""
        kept = DIVERSITY[ask["way"]](self.features, ask["keep"])
        nearest = [nearest_two(self.features, which) for which in (kept, ask["ours"])]
        return {"kept": kept, "nearest": nearest}


def timed(ask, call):
    for _ in range(ask["warm"]):
        call()
    fastest = float("inf")
    for _ in range(ask["calls"]):
        started = time.process_time()
        call()
        fastest = min(fastest, time.process_time() - started)
    return {"seconds": fastest}


def main():
    # As timeit does: garbage of other calls is not collected in a timed one.
    gc.disable()
    peers = Peers()
    known = {name: getattr(peers, name) for name in vars(Peers) if not name.startswith("_")}
    for line in sys.stdin:
        ask = json.loads(line)
        try:
            answer = known[ask["do"]](ask)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
