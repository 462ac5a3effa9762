"""Writes `hugging_face.parquet`: three rows in the form in which Hugging Face's `datasets` stores images.

    pip install pyarrow==26.0.1
    python hugging_face.py

An `Image` is a struct of `bytes` and `path`; the answers are as in SQuAD; a box is a list of four numbers of fixed
length. Two row groups, so that a reader has to go on to the second one.
"""

import json
import pathlib
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq


def png(width, height, colour):
    """A PNG file of one colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = (b"\0" + bytes(colour) * width) * height
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


text = {"dtype": "string", "_type": "Value"}
features = {
    "id": {"dtype": "int64", "_type": "Value"},
    "image": {"_type": "Image"},
    "question": text,
    "answers": {"text": {"feature": text, "_type": "List"}},
    "box": {"feature": {"dtype": "float64", "_type": "Value"}, "length": 4, "_type": "List"},
}
schema = pa.schema(
    {
        "id": pa.int64(),
        "image": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
        "question": pa.string(),
        "answers": pa.struct({"text": pa.list_(pa.string())}),
        "box": pa.list_(pa.float64(), 4),
    },
    metadata={"huggingface": json.dumps({"info": {"features": features}})},
)
rows = {
    "id": [101, 102, 103],
    "image": [
        {"bytes": png(40, 30, (200, 40, 40)), "path": "receipt.png"},
        {"bytes": png(16, 16, (40, 200, 40)), "path": None},
        {"bytes": png(64, 8, (40, 40, 200)), "path": "sign.png"},
    ],
    "question": ["What is the total?", None, "Où va ce train ?"],
    "answers": [{"text": ["12.40", "$12.40"]}, {"text": ["left"]}, {"text": ["Orléans"]}],
    "box": [[4.0, 6.5, 20.0, 10.0], None, [0.0, 0.0, 64.0, 8.0]],
}
path = pathlib.Path(__file__).with_suffix(".parquet")
pq.write_table(pa.table(rows, schema=schema), path, row_group_size=2)
