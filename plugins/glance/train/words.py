"""Words to learn from, and the features by which any word has a vector.

The words of the evaluation's documents are never among them: their lists are read
from the generator's sources and left out.
"""

import pathlib
import random
import re

import numpy as np

ROWS = 4096
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
SOURCES = pathlib.Path(__file__).resolve().parents[3] / "crates/datasets/src/documents/words"
LONGEST = 24


def plain(word: str) -> str:
    """Small letters and digits: what words are compared by."""
    return "".join(c for c in word.lower() if c in ALPHABET)[:LONGEST]


def fnv(text: str) -> int:
    """FNV-1a of 32 bits (Fowler, Noll and Vo)."""
    h = 0x811C9DC5
    for byte in text.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def features(word: str) -> list[int]:
    """Rows of the table whose sum is the word's vector.

    Letters by place, as the levels 1 to 5 of PHOC (Almazán et al. 2014): letter i of n
    belongs to a part of the word when at least half of it lies there. Then pairs and triples
    with the ends marked, and the length.
    """
    n = len(word)
    if n == 0:
        return []
    rows = []
    for level in range(1, 6):
        for part in range(level):
            for i, c in enumerate(word):
                # In units of 1/(n·level): the letter is [i·level, (i+1)·level), the part [part·n, (part+1)·n).
                inside = min((i + 1) * level, (part + 1) * n) - max(i * level, part * n)
                if 2 * inside >= level:
                    rows.append(fnv(f"{level}.{part}.{c}"))
    marked = f"^{word}$"
    rows += [fnv("2" + marked[i : i + 2]) for i in range(len(marked) - 1)]
    rows += [fnv("3" + marked[i : i + 3]) for i in range(len(marked) - 2)]
    rows.append(fnv(f"#{min(n, 16)}"))
    return [row % ROWS for row in rows]


def of_the_evaluation() -> set[str]:
    """Every word in the lists that the evaluation's pages are printed with."""
    found = set()
    for path in sorted(SOURCES.glob("*.rs")):
        for text in re.findall(r'"([^"]*)"', path.read_text()):
            found |= {plain(word) for word in text.split()}
    return {word for word in found if len(word) > 2}


def listed() -> list[str]:
    """Frequent words of three languages with the Latin alphabet, less those of the evaluation."""
    from wordfreq import top_n_list

    known = of_the_evaluation()
    words = [w for lang, n in (("en", 20000), ("de", 6000), ("fr", 6000)) for w in top_n_list(lang, n)]
    words = [w for w in words if w.isascii() and w.isalpha() and plain(w) not in known]
    return sorted(set(words))


class Words:
    """Words as they stand on pages: listed, invented, numbers, codes."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.list = listed()

    def one(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.62:
            word = rng.choice(self.list)
        elif kind < 0.74:
            word = self.invented()
        elif kind < 0.80:
            word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(1, 9)))
        else:
            return self.number()
        style = rng.random()
        word = word.upper() if style < 0.15 else word.capitalize() if style < 0.5 else word
        end = rng.random()
        return word + (":" if end < 0.08 else "," if end < 0.12 else "." if end < 0.16 else "")

    def invented(self) -> str:
        rng = self.rng
        first = ["b", "br", "c", "ch", "d", "dr", "f", "g", "gl", "h", "k", "l", "m", "n", "p", "qu", "r",
                 "s", "sk", "st", "t", "th", "v", "w", "z", ""]
        last = ["", "n", "r", "s", "l", "ck", "nd", "rt", "m", "x", "ng", "ft"]
        part = lambda: rng.choice(first) + rng.choice(["a", "e", "i", "o", "u", "ea", "ou", "y"]) + rng.choice(last)
        return "".join(part() for _ in range(rng.randint(1, 4)))

    def number(self) -> str:
        rng = self.rng
        digits = lambda n: "".join(rng.choice("0123456789") for _ in range(n))
        return rng.choice([
            lambda: digits(rng.randint(1, 7)),
            lambda: f"{rng.randint(0, 9999)}.{digits(2)}",
            lambda: f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(1950, 2040)}",
            lambda: f"{rng.randint(1950, 2040)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            lambda: rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") * 1 + digits(rng.randint(2, 6)),
            lambda: "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(rng.randint(3, 9))),
            lambda: f"{digits(2)}-{digits(2)}-{digits(2)}",
        ])()


def edited(word: str, rng: random.Random) -> str:
    """The word with one or two letters changed: what must not be taken for it."""
    letters = list(word)
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.randrange(len(letters)) if letters else 0
        change = rng.randrange(3)
        pool = "0123456789" if word.isdigit() else "abcdefghijklmnopqrstuvwxyz"
        if change == 0 and letters:
            letters[place] = rng.choice(pool)
        elif change == 1:
            letters.insert(place, rng.choice(pool))
        elif len(letters) > 1:
            del letters[place]
    return "".join(letters)


def table(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of all words in a line, and where each word begins."""
    rows = [features(word) or [0] for word in words]
    starts = np.cumsum([0] + [len(r) for r in rows[:-1]])
    return np.concatenate([np.array(r, np.int64) for r in rows]), starts.astype(np.int64)
