"""Which files a source means: a file, a folder, a glob or several of them, named and split."""

from __future__ import annotations

import glob
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from polytask._errors import DataError, command
from polytask.tasks.files import check_exists, exists, format_of
from polytask.tasks.files_conll import looks_like_conll
from polytask.tasks.files_format import READS, SUFFIXES, Format, stem_of, suffix_of
from polytask.tasks.files_images import is_image_tree, listed
from polytask.tasks.files_json import looks_like_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Split = Literal["train", "dev", "test", ""]

_SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "devel": "dev",
    "development": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
    "testing": "test",
    "eval": "test",
}
"""Words in names → the split they mean."""

_DEPTH = 4
_RUN_MARKER = "run.json"
_NOT_DATA = frozenset({"readme", "license", "licence", "requirements", "changelog", "notice"})


@dataclass(frozen=True)
class SourceFile:
    """One file (or one image folder tree) of a named source.

    Args:
        path: The file; of an image tree the folder that holds the class folders.
        split: By its name: "train", "dev", "test", or "" where the name says nothing.
        format: How it is read.
    """

    path: Path
    split: Split
    format: Format


def discover(source: str | Path | Sequence[str | Path]) -> dict[str, list[SourceFile]]:
    """Files of `source` by name, each with the split that its name says.

    `snips/{train,dev,test}.parquet` is one source "snips"; `reviews_train.csv` and
    `reviews_test.csv` are one source "reviews"; a folder tree with a class a folder is one source
    named by the folder.

    Args:
        source: A file, a folder (looked through to four levels), a glob, or several of them.

    Raises:
        DataError: Nothing there, or nothing that can be read; says what was found and what is
            read.
    """
    several = [source] if isinstance(source, (str, Path)) else list(source)
    if not several:
        raise DataError(f"No files are given: give files, a folder or a glob; {READS} are read")
    found: dict[Path, Format] = {}
    for one in several:
        found.update(_resolve(one))
    return _grouped(found)


def split_of(name: str) -> tuple[str, Split]:
    """What remains of a name without its word for a split, and the split.

    >>> split_of("reviews_train"), split_of("valid"), split_of("contest")
    (('reviews', 'train'), ('', 'dev'), ('contest', ''))
    """
    words = re.split(r"([-_. ]+)", name)
    for place in (-1, 0):
        split = _SPLITS.get(words[place].lower(), "")
        if split:
            rest = words[:-2] if place else words[2:]
            return "".join(rest), split
    return name, ""


def _resolve(one: str | Path) -> dict[Path, Format]:
    path = Path(one).expanduser()
    if not exists(path) and glob.has_magic(str(one)):
        matches = _matches(path)
        if not matches:
            raise DataError(f"No file matches the pattern {str(one)!r}: check folder and suffix")
        return _usable(path, matches)
    check_exists(path)
    if not path.is_dir():
        return {path: format_of(path)}
    return _usable(path, [path])


def _usable(path: Path, items: Iterable[Path]) -> dict[Path, Format]:
    """What can be read among files and in folders.

    Raises:
        DataError: Nothing; says what is there.
    """
    found: dict[Path, Format] = {}
    others: list[Path] = []
    for item in items:
        if item.is_dir():
            _walk(item, found, others, _DEPTH)
        elif form := _format(item):
            found[item] = form
        else:
            others.append(item)
    if found:
        return found
    if others == [path]:
        raise DataError(
            f"{path} is a run folder, which holds no data to learn from: {command('report', path)} "
            f"shows it, {command('run', path)} alone goes on with it"
        )
    names = [f"{item.name} (a run folder)" if item.is_dir() else item.name for item in others]
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    raise DataError(
        f"{path} has nothing that can be used. Found: {shown or 'no files'}. Read are {READS}"
    )


def _matches(pattern: Path) -> list[Path]:
    """What a glob matches, in order; `**` goes down into folders."""
    parts = pattern.parts
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    return sorted(Path(*parts[:first]).glob(str(Path(*parts[first:]))))


def _walk(folder: Path, found: dict[Path, Format], others: list[Path], depth: int) -> None:
    """Put what can be read below `folder` into `found`, and other files into `others`."""
    inner = sorted(path for path in listed(folder) if not path.name.startswith((".", "__")))
    if any(path.name == _RUN_MARKER for path in inner):
        others.append(folder)
        return
    files = [path for path in inner if path.is_file()]
    usable = {path: form for path in files if (form := _format(path)) is not None}
    found.update(usable)
    others.extend(path for path in files if path not in usable)
    # Where a table lies beside folders of images, it names them; otherwise folders are classes.
    if not usable and is_image_tree(folder) and not _split_folders(inner):
        found[folder] = "images"
        return
    for path in inner:
        if depth and path.is_dir() and not path.is_symlink():
            _walk(path, found, others, depth - 1)


def _split_folders(inner: Iterable[Path]) -> bool:
    return any(split_of(path.name)[1] and is_image_tree(path) for path in inner if path.is_dir())


def _format(path: Path) -> Format | None:
    suffix = suffix_of(path)
    if not path.is_file() or stem_of(path).lower() in _NOT_DATA:
        return None
    if suffix not in (".txt", ".json"):
        return SUFFIXES.get(suffix)
    try:
        if suffix == ".txt":
            return "conll" if looks_like_conll(path) else None
        return "json" if looks_like_rows(path) else None
    except DataError:
        # A text that is no table, found in a folder, is no fault of the user's.
        return None


def _grouped(found: dict[Path, Format]) -> dict[str, list[SourceFile]]:
    groups: dict[tuple[Path, str], list[SourceFile]] = {}
    for path, form in found.items():
        folder, rest, split = _key(path, form)
        groups.setdefault((folder, rest), []).append(SourceFile(path, split, form))
    names = _unique([(folder, rest or folder.name) for folder, rest in groups])
    return {name: _settled(files) for name, files in zip(names, groups.values(), strict=True)}


def _key(path: Path, form: Format) -> tuple[Path, str, Split]:
    """The folder and name that a file's source has, and the file's split."""
    folder = path.parent.resolve()
    rest, split = split_of(path.resolve().name if form == "images" else stem_of(path))
    if folder.name.lower() in _SPLITS and not (split and rest):
        return folder.parent, rest, split or _SPLITS[folder.name.lower()]
    return folder, rest, split


def _settled(files: list[SourceFile]) -> list[SourceFile]:
    """The files of one source; a folder called `test` means no split where nothing is to train."""
    if any(file.split == "train" for file in files):
        return files
    return [
        file if split_of(stem_of(file.path))[1] else SourceFile(file.path, "", file.format)
        for file in files
    ]


def _unique(keys: Sequence[tuple[Path, str]]) -> list[str]:
    """Names, prefixed by their folders as far as needed to tell equal ones apart."""
    names = [name for _, name in keys]
    for level in range(_DEPTH + 1):
        counts = Counter(names)
        if max(counts.values()) == 1:
            break
        names = [
            f"{_ancestor(folder, level)}_{name}" if counts[name] > 1 else name
            for (folder, _), name in zip(keys, names, strict=True)
        ]
    return names


def _ancestor(folder: Path, level: int) -> str:
    return [folder, *folder.parents][min(level, len(folder.parents))].name
