"""Data in memory as files: so that a run can be resumed, and trained in another process."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from polytask.tasks.discover import split_of
from polytask.tasks.images import check_image, image_path
from polytask.tasks.loading_sources import memory_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.loading_sources import Source
    from polytask.tasks.task import TaskSet


def in_memory(source: Any) -> bool:
    """Whether a source is frames or rows, not paths.

    >>> in_memory("data/"), in_memory(["a.csv"]), in_memory([{"text": "a"}])
    (False, False, True)
    """
    if isinstance(source, (str, Path)):
        return False
    paths = isinstance(source, (list, tuple)) and bool(source)
    return not (paths and all(isinstance(item, (str, Path)) for item in source))


def placed(sources: Sequence[Source], folder: Path) -> list[Source]:
    """The sources, naming the files below `folder` that `save` will write them to."""
    return [
        replace(source, data={split: (str(path),) for split, path in files.items()})
        for source, files in zip(sources, _files(sources, folder), strict=True)
    ]


def save(source: Any, taskset: TaskSet, folder: Path) -> None:
    """Write the rows of `source` that `taskset` learns from as parquet files into `folder`.

    Columns that are neither input nor target nor name a split or group are left out. Images that
    are named by a path go into the files themselves, for paths mean nothing in another place.

    Args:
        source: Frames or rows in memory, as given to `load`.
        taskset: What `load(source, keep=folder)` gave.
        folder: A folder; made when missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = taskset.origins.values()
    wanted = {name for e in entries for name in (*e.inputs, e.target, e.split, e.group)}
    columns = [column for table in taskset.tables.values() for column in table.columns]
    images = {column.name for column in columns if column.modality == "image"}
    sources = memory_sources(source)
    for one, files in zip(sources, _files(sources, folder), strict=True):
        kept = [name for name in one.frame.columns if name in wanted]
        frame = one.frame.select(kept).with_columns(
            _encoded(one.frame[name], one) for name in kept if name in images
        )
        for split, path in files.items():
            frame.filter(pl.Series(one.given == split)).write_parquet(path)


def _files(sources: Sequence[Source], folder: Path) -> list[dict[str, Path]]:
    """By source the file of each split."""
    taken: set[str] = set()
    found = []
    for source in sources:
        name = re.sub(r"[^\w-]+", "_", source.name)
        # A name such as `train_words` would say that all of its rows are for training.
        name = f"all_{name}_rows" if split_of(name)[1] else name
        while name in taken:
            name += "_"
        taken.add(name)
        splits = dict.fromkeys(source.given.tolist())
        found.append({s: folder / f"{name}{f'-{s}' if s else ''}.parquet" for s in splits})
    return found


def _encoded(series: pl.Series, source: Source) -> pl.Series:
    if series.dtype != pl.String:
        return series
    values = [
        None if cell is None or check_image(cell, source.root(row)) else _bytes(cell, source, row)
        for row, cell in enumerate(series.to_list())
    ]
    return pl.Series(series.name, values, dtype=pl.Binary)


def _bytes(cell: str, source: Source, row: int) -> bytes:
    return image_path(cell, source.root(row)).read_bytes()
