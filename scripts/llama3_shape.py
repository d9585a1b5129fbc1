"""Writes a GGUF file that has everything of a Llama 3 model but its knowledge.

    python scripts/llama3_shape.py TOKENIZER.json TEMPLATE.jinja OUT.gguf --size 8b
    python scripts/llama3_shape.py TOKENIZER.json TEMPLATE.jinja OUT.gguf --size 1b --layers 2 --width 256

The file has the published shape, tokenizer, chat template and stop tokens, and its tensors have the types of a Q4_K_M file. The weights are random
bytes with plausible scales. So the file shows how text becomes tokens, what a prompt looks like, how fast the model reads and writes and how
much memory it takes. It cannot answer.

TOKENIZER.json is the `tokenizer.json` of any Llama 3 model. The special tokens of 3.1 replace those of 3.0 that were renamed.

Sources: the `config.json` files of Llama 3.1 8B, 3.2 1B and 3.2 3B; for the mix of types, `llama_model_quantize` of llama.cpp.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from numpy.typing import NDArray

CONTEXT_TOKENS: Final = 131_072
ROPE_BASE: Final = 500_000.0
ROPE_LOW: Final = 1.0
ROPE_HIGH: Final = 4.0
ROPE_OLD_CONTEXT: Final = 8192
NORM_EPSILON: Final = 1e-5

BLOCK_VALUES: Final = 256
"""Weights per block of the K types."""

REPEATED_BLOCKS: Final = 1 << 16
"""Random blocks that are made once and repeated. Repetition changes no speed and saves minutes for the 8B file."""

RENAMED: Final = {128_004: "<|finetune_right_pad_id|>", 128_008: "<|eom_id|>", 128_010: "<|python_tag|>"}
"""Reserved tokens of Llama 3 that have a name since 3.1."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The numbers that make a model large or small.

    Attributes:
        width: Values per token between layers.
        layers: Transformer blocks.
        heads: Attention heads.
        shared_heads: Heads for keys and values; several attention heads share one.
        head: Values per head.
        inner: Width inside the feed-forward part.
        tied: Whether the output uses the matrix of the token embeddings.
        rope_factor: How much the positions are stretched.
    """

    width: int
    layers: int
    heads: int
    shared_heads: int
    head: int
    inner: int
    tied: bool
    rope_factor: float


SHAPES: Final = {
    "1b": Shape(width=2048, layers=16, heads=32, shared_heads=8, head=64, inner=8192, tied=True, rope_factor=32.0),
    "3b": Shape(width=3072, layers=28, heads=24, shared_heads=8, head=128, inner=8192, tied=True, rope_factor=32.0),
    "8b": Shape(width=4096, layers=32, heads=32, shared_heads=8, head=128, inner=14336, tied=False, rope_factor=8.0),
}


def write(tokenizer: Path, template: str, out: Path, shape: Shape, *, title: str) -> None:
    """Writes the file.

    Args:
        tokenizer: A `tokenizer.json`.
        template: The chat template, in Jinja.
        out: Where to.
        shape: How large. Widths are multiples of 256, as the K types need.
        title: The model's name inside the file.
    """
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_name(title)
    _describe(writer, shape)
    _add_tokenizer(writer, json.loads(tokenizer.read_text(encoding="utf-8")))
    writer.add_chat_template(template)
    vocabulary = len(_token_texts(json.loads(tokenizer.read_text(encoding="utf-8"))))
    for name, data, kind in _tensors(shape, vocabulary):
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.shared_heads)
    writer.add_rope_dimension_count(shape.head)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)


def _token_texts(document: dict[str, Any]) -> list[str]:
    texts = {index: text for text, index in document["model"]["vocab"].items()}
    texts |= {item["id"]: item["content"] for item in document["added_tokens"]}
    texts |= RENAMED
    return [texts.get(index, f"<|unused_{index}|>") for index in range(max(texts) + 1)]


def _add_tokenizer(writer: gguf.GGUFWriter, document: dict[str, Any]) -> None:
    texts = _token_texts(document)
    special = {item["id"] for item in document["added_tokens"]} | set(RENAMED)
    kinds = [gguf.TokenType.CONTROL if index in special else gguf.TokenType.NORMAL for index in range(len(texts))]
    ids = {texts[index]: index for index in special}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_vocab_size(len(texts))
    writer.add_token_list(texts)
    writer.add_token_types(kinds)
    merges = document["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(ids["<|begin_of_text|>"])
    writer.add_eos_token_id(ids["<|eot_id|>"])


def _tensors(shape: Shape, vocabulary: int) -> Iterator[tuple[str, NDArray[Any], gguf.GGMLQuantizationType | None]]:
    random = np.random.default_rng(0)
    four, six = gguf.GGMLQuantizationType.Q4_K, gguf.GGMLQuantizationType.Q6_K
    blocks = {four: _q4_k(random), six: _q6_k(random)}

    def matrix(
        name: str, rows: int, columns: int, kind: gguf.GGMLQuantizationType
    ) -> tuple[str, Bytes, gguf.GGMLQuantizationType]:
        count = rows * columns // BLOCK_VALUES
        return name, np.resize(blocks[kind], (rows, count // rows * blocks[kind].shape[1])), kind

    def ones(name: str, size: int) -> tuple[str, NDArray[np.float32], None]:
        return name, np.ones(size, dtype=np.float32), None

    width, inner = shape.width, shape.inner
    yield "rope_freqs.weight", _rope_factors(shape), None
    yield matrix("token_embd.weight", vocabulary, width, six if shape.tied else four)
    if not shape.tied:
        yield matrix("output.weight", vocabulary, width, six)
    yield ones("output_norm.weight", width)
    for layer in range(shape.layers):
        part = f"blk.{layer}."
        better = six if _has_more_bits(layer, shape.layers) else four
        yield ones(part + "attn_norm.weight", width)
        yield ones(part + "ffn_norm.weight", width)
        yield matrix(part + "attn_q.weight", shape.heads * shape.head, width, four)
        yield matrix(part + "attn_k.weight", shape.shared_heads * shape.head, width, four)
        yield matrix(part + "attn_v.weight", shape.shared_heads * shape.head, width, better)
        yield matrix(part + "attn_output.weight", width, shape.heads * shape.head, four)
        yield matrix(part + "ffn_gate.weight", inner, width, four)
        yield matrix(part + "ffn_up.weight", inner, width, four)
        yield matrix(part + "ffn_down.weight", width, inner, better)


def _has_more_bits(layer: int, layers: int) -> bool:
    """Whether Q4_K_M keeps six bits in this layer: `use_more_bits` of llama.cpp."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2  # noqa: PLR2004 - every third


def _rope_factors(shape: Shape) -> NDArray[np.float32]:
    """How much each frequency of the positions is slowed down, shape (head / 2,): `rope_scaling` of type llama3."""
    frequencies = 1.0 / ROPE_BASE ** (np.arange(0, shape.head, 2) / shape.head)
    wavelengths = 2 * np.pi / frequencies
    smooth = (ROPE_OLD_CONTEXT / wavelengths - ROPE_LOW) / (ROPE_HIGH - ROPE_LOW)
    smooth = np.clip(smooth, 0.0, 1.0)
    return (1.0 / ((1 - smooth) / shape.rope_factor + smooth)).astype(np.float32)


def _q4_k(random: np.random.Generator) -> Bytes:
    """Blocks of type Q4_K, shape (n, 144): two scales, twelve bytes of sub-scales, 256 values of four bits."""
    blocks = random.integers(0, 256, (REPEATED_BLOCKS, 144), dtype=np.uint8)
    # Weights get a mean of about 0 and a deviation of about 0.02, as in a trained model.
    blocks[:, :4] = np.array([1.1e-4, 8.2e-4], dtype=np.float16).view(np.uint8)
    return blocks


def _q6_k(random: np.random.Generator) -> Bytes:
    """Blocks of type Q6_K, shape (n, 210): 192 bytes of values of six bits, sixteen sub-scales, one scale."""
    blocks = random.integers(0, 256, (REPEATED_BLOCKS, 210), dtype=np.uint8)
    blocks[:, 192:208] = 16
    blocks[:, 208:] = np.array([7e-5], dtype=np.float16).view(np.uint8)
    return blocks


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("template", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", choices=SHAPES, default="1b")
    parser.add_argument("--layers", type=int, help="fewer layers than the real model, for a file that is quick to make")
    parser.add_argument("--width", type=int, help="narrower than the real model (a multiple of 256), for a small file")
    options = parser.parse_args()
    template = options.template.read_text(encoding="utf-8")
    shape = shaped(options.size, layers=options.layers, width=options.width)
    write(options.tokenizer, template, options.out, shape, title=f"Llama 3 shape {options.size}, meaningless weights")


def shaped(size: str, *, layers: int | None = None, width: int | None = None) -> Shape:
    """The shape of a published model, or a smaller one of the same kind."""
    full = SHAPES[size]
    if width is None:
        return Shape(**{**_fields(full), "layers": layers or full.layers})
    head = 64
    small = {
        "width": width,
        "head": head,
        "heads": width // head,
        "shared_heads": max(1, width // head // 4),
        "inner": 4 * width,
    }
    return Shape(**{**_fields(full), **small, "layers": layers or full.layers})


def _fields(shape: Shape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in Shape.__dataclass_fields__}


if __name__ == "__main__":
    main()
