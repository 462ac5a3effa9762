#!/usr/bin/env python3
"""Writes what `transformers` makes of a small CLIP and a small SigLIP.

    pip install torch transformers safetensors tokenizers numpy pillow
    python compare.py                    writes the fixtures
    python compare.py --folder FOLDER    writes a CLIP of the size of ViT-B/32 with such weights,
                                         605 MB, to measure time and memory with

Nothing is downloaded. Configurations are tiny, weights and the image come from
integer formulas that the Rust tests repeat, and tokenizers are made here with
the parts that the published ones have. So the fixtures beside this file hold
configurations, names and shapes of tensors, and results, and no weights:

    clip.json, siglip.json                        what went in and what came out
    clip-tokenizer.json, siglip-tokenizer.json    the tokenizers
    resize.json                                   what Pillow makes of the image

Whatever can be, is what `transformers` itself gives: its class-token point and
its text points through the public methods, SigLIP's dense points through its
own pooling head, run on one token at a time.
"""

import json
import math
import pathlib
import sys

import numpy as np
import tokenizers
import torch
import transformers
from PIL import Image
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "a photo",
    "the red label on the bottle",
    "Total: 42.50 EUR",
    "  Ünïcode   and\twhite\nspace ",
    "",
    "it's " + "very " * 20 + "long",
]


def unit(name: str, count: int) -> np.ndarray:
    """Numbers from -0.5 to 0.5 that depend on a name: FNV-1a, then splitmix64's mix, upper 24 bits."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**24 - 0.5


def weight(name: str, shape: list[int]) -> np.ndarray:
    """Norms about 1; matrices that keep the size of what they multiply; small biases."""
    values = unit(name, math.prod(shape))
    if name.endswith("norm.weight") or ".layer_norm1.weight" in name or ".layer_norm2.weight" in name:
        values = 1 + 0.5 * values
    elif len(shape) >= 2:
        values = values * math.sqrt(12 / math.prod(shape[1:])) * 1.5
    else:
        values = values * 0.4
    return values.astype(np.float32).reshape(shape)


def picture(width: int, height: int) -> np.ndarray:
    x, y, c = np.meshgrid(np.arange(width), np.arange(height), np.arange(3), indexing="xy")
    return (((x * 5 + y * 3 * (c + 1)) ^ (x * y)) & 255).astype(np.uint8)


def clip_tokenizer() -> Tokenizer:
    """Byte-level BPE with CLIP's normalizer, pattern and post-processor, and a few merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("t", "h"), ("th", "e</w>"), ("p", "h"), ("o", "t"), ("ph", "ot"), ("phot", "o</w>"),
              ("r", "e"), ("re", "d</w>"), ("l", "a"), ("la", "b"), ("v", "e"), ("ve", "r"), ("ver", "y</w>")]
    words = alphabet + [a + "</w>" for a in alphabet] + [a + b for a, b in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: i for i, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(
        vocabulary, merges, unk_token="<|endoftext|>", continuing_subword_prefix="", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    pattern = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    start, end = vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|endoftext|>", end), ("<|startoftext|>", start), trim_offsets=False, add_prefix_space=False)
    tokenizer.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    return tokenizer


def siglip_tokenizer() -> Tokenizer:
    """Unigram with SentencePiece's space, the end added after the text."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(c, -4.0) for c in "abcdefghijklmnopqrstuvwxyz0123456789"]
    pieces += [("▁a", -1.5), ("▁photo", -1.0), ("▁the", -1.0), ("▁red", -1.0), ("▁label", -1.2), ("▁very", -1.3)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Lowercase(), normalizers.Replace(Regex(r"[^\w\s]"), ""),
        normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return tokenizer


def fill(model) -> dict[str, list[int]]:
    """Gives a model its weights; returns the names and shapes, as files have them."""
    tensors = {}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensors[name] = list(tensor.shape)
                tensor.copy_(torch.from_numpy(weight(name, tensors[name])))
    return tensors


def point(output) -> torch.Tensor:
    """A point, whether a method returns it alone or with what led to it."""
    return output if torch.is_tensor(output) else output.pooler_output


def rounded(tensor) -> list:
    array = np.asarray(tensor.detach() if torch.is_tensor(tensor) else tensor, dtype=np.float64)
    return [float(f"{x:.7g}") for x in array.ravel()]


def pixels(image: np.ndarray, side: int, mean, std) -> torch.Tensor:
    """The whole image made square by Pillow, then as the model's own processor goes on."""
    small = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    processor = transformers.CLIPImageProcessor(
        do_resize=False, do_center_crop=False, image_mean=mean, image_std=std)
    return processor(small, return_tensors="pt")["pixel_values"]


@torch.no_grad()
def clip():
    tokenizer = clip_tokenizer()
    tokenizer.save(str(HERE / "clip-tokenizer.json"), pretty=False)
    end = tokenizer.token_to_id("<|endoftext|>")
    config = transformers.CLIPConfig(
        projection_dim=24,
        text_config=dict(
            vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=20, hidden_act="quick_gelu", projection_dim=24,
            bos_token_id=tokenizer.token_to_id("<|startoftext|>"), eos_token_id=end, pad_token_id=end),
        vision_config=dict(
            hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=3, image_size=32,
            patch_size=8, hidden_act="gelu", projection_dim=24, layer_norm_eps=3e-5))
    model = transformers.CLIPModel(config).eval()
    tensors = fill(model)
    mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    seen = pixels(picture(45, 37), 32, mean, std)

    def dense():
        hidden = model.vision_model(pixel_values=seen).last_hidden_state
        return model.visual_projection(model.vision_model.post_layernorm(hidden))[0]

    tokens = dense()
    whole = point(model.get_image_features(pixel_values=seen))
    # MaskCLIP: in the last layer a token's attention is its own value.
    last = model.vision_model.encoder.layers[-1].self_attn
    kept = last.forward
    last.forward = lambda hidden_states, *_, **__: (last.out_proj(last.v_proj(hidden_states)), None)
    values = dense()
    last.forward = kept

    ids, points = [], []
    tokenizer.enable_truncation(config.text_config.max_position_embeddings)
    for text in TEXTS:
        numbers = tokenizer.encode(text).ids
        ids.append(numbers)
        points.append(rounded(point(model.get_text_features(input_ids=torch.tensor([numbers])))))
    write("clip", config, tensors, dict(
        texts=TEXTS, ids=ids, text_points=points, tokens=rounded(tokens), values=rounded(values),
        image_point=rounded(whole)))


@torch.no_grad()
def siglip():
    tokenizer = siglip_tokenizer()
    tokenizer.save(str(HERE / "siglip-tokenizer.json"), pretty=False)
    config = transformers.SiglipConfig(
        text_config=dict(
            vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=2, max_position_embeddings=16, projection_size=48, pad_token_id=1,
            bos_token_id=0, eos_token_id=1),
        # 36 = 4 · 8 + 4: pixels are left over, as in the model of 384 with patches of 14.
        vision_config=dict(
            hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, image_size=36,
            patch_size=8))
    model = transformers.SiglipModel(config).eval()
    tensors = fill(model)
    seen = pixels(picture(45, 37), 36, [0.5] * 3, [0.5] * 3)
    vision = model.vision_model
    hidden = vision(pixel_values=seen).last_hidden_state
    assert torch.allclose(vision.head(hidden), point(model.get_image_features(pixel_values=seen)), atol=1e-6)
    # All attention on one token: the head is given that token alone.
    tokens = torch.cat([vision.head(hidden[:, i : i + 1]) for i in range(hidden.shape[1])])

    ids, points = [], []
    tokenizer.enable_truncation(config.text_config.max_position_embeddings)
    tokenizer.enable_padding(pad_id=1, pad_token="</s>", length=config.text_config.max_position_embeddings)
    for text in TEXTS:
        numbers = tokenizer.encode(text).ids
        ids.append(numbers)
        points.append(rounded(point(model.get_text_features(input_ids=torch.tensor([numbers])))))
    write("siglip", config, tensors, dict(texts=TEXTS, ids=ids, text_points=points, tokens=rounded(tokens)))


def resize():
    image = Image.fromarray(picture(45, 37))
    cases = []
    for resample in (Image.Resampling.LANCZOS, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
        for x, y, width, height, side in [(0, 0, 45, 37, 12), (5, 3, 30, 20, 16), (11, 7, 9, 9, 9), (40, 0, 5, 37, 8)]:
            small = image.resize((side, side), resample, box=(x, y, x + width, y + height))
            cases.append(dict(
                resample=int(resample), rect=[x, y, width, height], side=side,
                pixels=np.asarray(small).ravel().tolist()))
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "resize.json").write_text(f"[\n{lines}\n]\n")


def write(name, config, tensors, results):
    versions = dict(
        transformers=transformers.__version__, torch=torch.__version__.split("+")[0],
        tokenizers=tokenizers.__version__)
    fixture = dict(made_with=versions, config=config.to_diff_dict(), tensors=tensors, **results)
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fixture.items())
    (HERE / f"{name}.json").write_text(f"{{\n{lines}\n}}\n")


@torch.no_grad()
def folder(place: str):
    tokenizer = clip_tokenizer()
    end = tokenizer.token_to_id("<|endoftext|>")
    model = transformers.CLIPModel(transformers.CLIPConfig(text_config=dict(eos_token_id=end)))
    fill(model)
    model.save_pretrained(place)
    tokenizer.save(str(pathlib.Path(place) / "tokenizer.json"))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--folder":
        folder(sys.argv[2])
    elif len(sys.argv) == 1:
        clip()
        siglip()
        resize()
    else:
        sys.exit(__doc__)
