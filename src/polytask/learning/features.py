"""Features of a frozen encoder, computed once a row and kept on disk by content.

The store is a folder an encoder (named by its digest and number format) of safetensors files; each
holds the features of the rows that one call had to compute, with the rows' keys. Files are written
whole or not at all, and the oldest go when the store grows too large.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from polytask._errors import ModelError
from polytask.learning.part_files import read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from polytask.learning.encoders.encoder import Encoder
    from polytask.tasks.task import Inputs

_Row: TypeAlias = "tuple[np.ndarray, int, np.ndarray | None]"  # vector, mark, tokens

LIMIT = 2 << 30
"""Bytes that the store may hold, over all encoders."""


@dataclass(frozen=True)
class RowFeatures:
    """Features of rows.

    Args:
        vectors: `(n, d)` float32.
        marks: Which rows were not read as they are (`encoders.marks`), `(n,)` uint8.
        tokens: By row `(t, d)` float16, one line a token; `None` where not asked for.
    """

    vectors: np.ndarray
    marks: np.ndarray
    tokens: list[np.ndarray] | None = None

    def take(self, index: Sequence[int] | np.ndarray) -> RowFeatures:
        """The rows at `index`."""
        tokens = [self.tokens[i] for i in index] if self.tokens is not None else None
        return RowFeatures(self.vectors[index], self.marks[index], tokens)


def features(
    encoder: Encoder, inputs: Inputs, *, cache: Path | None, dtype: str, tokens: bool = False
) -> RowFeatures:
    """Features of `inputs`, from the store where it has them; the rest is computed and stored.

    Tokens are rounded to half precision, stored or not, so that both ways give the same.

    Args:
        encoder: A frozen encoder.
        inputs: The rows.
        cache: Folder of the store, or `None` for none.
        dtype: "float32" or "bfloat16": how the encoder computes.
        tokens: Whether the features of tokens are wanted too.
    """
    keys = inputs.keys()
    folder = None
    known: dict[str, _Row] = {}
    if cache is not None:
        folder = cache / f"{encoder.digest()}-{dtype}-{'tokens' if tokens else 'rows'}"
        known = _read(folder, set(keys))
    missing = list({key: row for row, key in enumerate(keys) if key not in known}.values())
    if missing:
        fresh = _computed(encoder, inputs.take(missing), dtype, tokens)
        found = [
            (vector, fresh.marks[i], fresh.tokens[i] if fresh.tokens else None)
            for i, vector in enumerate(fresh.vectors)
        ]
        known |= dict(zip([keys[row] for row in missing], found, strict=True))
        if folder is not None and cache is not None:
            _write(folder, [keys[row] for row in missing], fresh)
            _trim(cache)
    vectors = np.stack([known[key][0] for key in keys]) if keys else np.zeros((0, encoder.dim))
    marks = np.array([known[key][1] for key in keys], dtype=np.uint8)
    lines = [known[key][2] for key in keys] if tokens else None
    return RowFeatures(vectors.astype(np.float32, copy=False), marks, lines)  # type: ignore[arg-type]


def _computed(encoder: Encoder, inputs: Inputs, dtype: str, tokens: bool) -> RowFeatures:
    from polytask.learning.neural_part import encode

    encoded = encode(encoder, inputs, dtype=dtype, tokens=tokens)
    if not tokens:
        return RowFeatures(encoded.vectors, encoded.marks)
    lines = encoded.tokens or [np.zeros((0, encoder.dim), np.float32)] * len(inputs)
    halved = [line.astype(np.float16) for line in lines]
    return RowFeatures(encoded.vectors, encoded.marks, halved)


def _read(folder: Path, wanted: set[str]) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            tensors = read_tensors(path)
            keys = [bytes(key).hex() for key in tensors["keys"]]
            lines = _lines(tensors) if "tokens" in tensors else [None] * len(keys)
            rows = zip(keys, tensors["vectors"], tensors["marks"], lines, strict=True)
            found |= {key: tuple(row) for key, *row in rows if key in wanted}
            with contextlib.suppress(OSError):  # a store that may only be read
                os.utime(path)  # the oldest in use goes first
        except (ModelError, KeyError, ValueError):
            with contextlib.suppress(OSError):
                path.unlink()  # damaged, or older than marks: computed again
        except FileNotFoundError:
            continue  # another run has just trimmed the store
    return found


def _lines(tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    return np.split(tensors["tokens"], np.cumsum(tensors["lengths"])[:-1])


def _write(folder: Path, keys: Sequence[str], fresh: RowFeatures) -> None:
    packed = np.frombuffer(bytes.fromhex("".join(keys)), dtype=np.uint8).reshape(len(keys), -1)
    tensors: dict[str, Any] = {"keys": packed, "vectors": fresh.vectors, "marks": fresh.marks}
    if fresh.tokens is not None:
        tensors["tokens"] = np.concatenate(fresh.tokens)
        tensors["lengths"] = np.array([len(line) for line in fresh.tokens], dtype=np.int64)
    path = folder / f"{keys[0]}-{len(keys)}.safetensors"
    temporary = folder / f"{path.name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(temporary, tensors)
        temporary.replace(path)
    except OSError:  # a full disk, or one that may not be written, costs only the cache
        with contextlib.suppress(OSError):
            temporary.unlink()


def _trim(cache: Path) -> None:
    files = []
    for path in cache.glob("*/*.safetensors"):
        with contextlib.suppress(OSError):
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LIMIT:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size
