"""Encoders: inputs to features, one kind a file.

May import `tasks`, `weights` and torch; does not know heads, tasks to learn or training. Adding an
encoder: its file, its line in `ENCODERS`, its modality in `encoder_for`, its test.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from polytask._catalogue import Catalogue, nearest
from polytask._errors import ConfigError, MissingError
from polytask.learning.weights import ALIASES, WEIGHTS, find, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Column, Modality

_HERE = "polytask.learning.encoders"

ENCODERS = Catalogue(
    "encoder",
    {
        "TextEncoder": f"{_HERE}.text",
        "CausalEncoder": f"{_HERE}.causal",
        "ImageEncoder": f"{_HERE}.image",
        "Siamese": f"{_HERE}.siamese",
        "Grid": f"{_HERE}.grid",
    },
)

_BY_MODALITY = {"text": "TextEncoder", "image": "ImageEncoder"}
_ENGLISH = ("", "en")


def encoder_for(columns: Sequence[Column], language: str, context: Context) -> Encoder:
    """The pretrained encoder for input columns, on the device of `context`, in prediction mode.

    Args:
        columns: The input columns: texts or one image.
        language: ISO 639-1 code of the text, "" where unknown.
        context: Names the encoders the user wants, else the embedded default is taken.

    Raises:
        MissingError: The weights are not here; the message holds the command that fetches them.
        ConfigError: Texts and images together, or an unknown name.
        ModelError: The weights are damaged or of another kind.
    """
    name = where(chosen(modality_of(columns), language, context))
    encoder = _read(kind_for(columns), name)
    encoder.to(context.device)
    encoder.eval()
    return encoder


def _read(kind: type[Encoder], name: str) -> Encoder:
    from polytask.learning.encoders.causal import text_encoder
    from polytask.learning.encoders.text import TextEncoder

    return text_encoder(name) if kind is TextEncoder else kind.load(name)


def kind_for(columns: Sequence[Column]) -> type[Encoder]:
    """The kind of encoder for input columns; errors as `modality_of`."""
    kind: type[Encoder] = ENCODERS.load(_BY_MODALITY[modality_of(columns)])
    return kind


def modality_of(columns: Sequence[Column]) -> Modality:
    """What the columns hold.

    Raises:
        ConfigError: Texts and images together, which no encoder here reads.

    >>> from polytask.tasks.task import Column
    >>> modality_of([Column("photo", "image")])
    'image'
    """
    found = {column.modality for column in columns}
    if len(found) != 1:
        names = ", ".join(f"{column.name} ({column.modality})" for column in columns)
        raise ConfigError(
            f"An encoder reads texts or an image, not both; found {names}. "
            "List the columns of one modality under `input`"
        )
    return found.pop()


def chosen(modality: Modality, language: str, context: Context) -> str:
    """The name of the encoder: what the user named, else the embedded default.

    >>> from polytask.learning.recipes.recipe import Context
    >>> chosen("text", "zh", Context()), chosen("text", "en", Context(encoder="a/b"))
    ('e5', 'a/b')
    """
    if modality == "image":
        return context.image_encoder or "mobilenet"
    return context.encoder or ("minilm" if language in _ENGLISH else "e5")


def where(name: str) -> str:
    """The folder of the encoder `name`, or `name` itself where it is the id of a hub's repository.

    Args:
        name: Embedded weights or an alias, a folder, or a hub id (`owner/model`).

    Raises:
        MissingError: Embedded weights that have not been fetched.
        ConfigError: Nothing of that name.
    """
    if name in WEIGHTS or name in ALIASES:
        folder = find(name)
        if folder is None:
            source = source_of(name)
            raise MissingError(
                f"The weights {source.name!r} ({source.megabytes} MB) are not here: "
                f"polytask weights get {source.name}"
            )
        return str(folder)
    if Path(name).is_dir():
        return name
    if name.count("/") == 1 and not name.startswith(("/", ".", "~")):
        return name
    raise ConfigError(
        f"Unknown encoder {name!r}: neither embedded weights, a folder nor a hub id "
        f"(owner/model); {nearest(name, [*WEIGHTS, *ALIASES])}"
    )
