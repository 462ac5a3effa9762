#!/usr/bin/env python3
"""A program that answers questions about pages: the skeleton for a model of your own.

It reads one question a line from standard input and writes one answer a line to standard
output (docs/command.md). As it stands it needs nothing but Python 3 and answers three
questions about a PNG file, truly:

    how wide is the page?    how high is the page?    how bright is the page?

Put your model in `load` and `answer`; leave the rest as it is.
"""

import json
import re
import struct
import sys
import zlib

NAME, VERSION = "answer.py", "1"


def load():
    """Runs once. Load your model here, and return it."""
    return None


def answer(model, image, question):
    """Returns the answer as text, and how sure of it the model is, from 0 to 1, or None.

    `image` is the path of a PNG file, 8-bit RGB; it is there until the answer is given.
    """
    width, height, rows = read_png(image)
    if re.search(r"\bwide\b", question):
        return str(width), 1.0
    if re.search(r"\bhigh\b", question):
        return str(height), 1.0
    if re.search(r"\bbright\b", question):
        return f"{sum(map(sum, rows)) / (3 * width * height):.0f}", 1.0
    raise ValueError("this example knows how wide, high and bright a page is, and nothing else")


def main():
    # Whatever a library prints must not come between the answers: only `out` is standard output.
    out, sys.stdout = sys.stdout, sys.stderr

    def say(**line):
        print(json.dumps(line), file=out, flush=True)

    model = load()
    # From here on the time counts as the time of answering.
    say(hello={"name": NAME, "version": VERSION})
    for line in sys.stdin:
        ask = json.loads(line)
        try:
            text, confidence = answer(model, ask["image"], ask["question"])
        except Exception as error:
            # No answer to this question. The program goes on with the next.
            say(id=ask["id"], error=f"{type(error).__name__}: {error}")
        else:
            say(id=ask["id"], answer=text, **({} if confidence is None else {"confidence": confidence}))


def read_png(path):
    """Width, height and the rows of an 8-bit RGB file without interlacing (PNG specification, sections 5 to 9)."""
    with open(path, "rb") as file:
        data = file.read()
    packed, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
            if (depth, colour, interlace) != (8, 2, 0):
                raise ValueError("not an 8-bit RGB file without interlacing")
        elif kind == b"IDAT":
            packed += chunk
        at += 12 + length
    raw, stride, rows = zlib.decompress(packed), 3 * width, []
    before = bytes(stride)
    for y in range(height):
        start = y * (stride + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = row[i - 3] if i >= 3 else 0
            above, corner = before[i], before[i - 3] if i >= 3 else 0
            if kind == 1:
                row[i] = (row[i] + left) & 255
            elif kind == 2:
                row[i] = (row[i] + above) & 255
            elif kind == 3:
                row[i] = (row[i] + (left + above) // 2) & 255
            elif kind == 4:
                near = left + above - corner
                row[i] = (row[i] + min((left, above, corner), key=lambda value: abs(near - value))) & 255
        rows.append(row)
        before = row
    return width, height, rows


if __name__ == "__main__":
    main()
