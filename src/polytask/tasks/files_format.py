"""Which format a file has, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Format = Literal["csv", "tsv", "jsonl", "json", "parquet", "conll", "images"]

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".conll": "conll",
    ".conllu": "conll",
    ".bio": "conll",
    ".iob": "conll",
    ".iob2": "conll",
}
"""Suffix → format; each may be followed by `.gz`. `.txt` is CoNLL where it looks like it."""

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"})
"""Files taken for images in a folder tree with a class a folder."""

READS = (
    "csv, tsv, jsonl, json, parquet, conll, conllu (each also .gz), "
    "and folder trees of images with a class a folder"
)
"""What can be read, in words, for messages."""


def suffix_of(path: Path) -> str:
    """The suffix that names the format, in lower case and without `.gz`.

    >>> from pathlib import Path
    >>> suffix_of(Path("a/Train.CSV.gz"))
    '.csv'
    """
    name = path.name.lower()
    name = name.removesuffix(".gz")
    return name[name.rfind(".") :] if "." in name[1:] else ""


def stem_of(path: Path) -> str:
    """The name without the suffix of its format and `.gz`.

    >>> from pathlib import Path
    >>> stem_of(Path("a/train.v2.csv.gz"))
    'train.v2'
    """
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    suffix = suffix_of(path)
    return name[: -len(suffix)] if suffix and len(name) > len(suffix) else name
