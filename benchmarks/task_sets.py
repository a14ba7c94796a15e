"""The sets of tasks that budgets and regret are measured on, as folders with a task file.

    write(DATA, FOLDER, "snips")             # every row
    write(DATA, FOLDER, "snips", most=400)   # at most 400 of train and of dev, 1,000 of test

Rows are drawn by one seed, from each split apart; a set without dev rows keeps a seventh of what is
to be learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEST = 1_000
"""Most test rows of a table whose rows are limited."""


@dataclass(frozen=True)
class Table:
    """A folder of the data with its inputs and, by task, the target and what else the file says."""

    folder: str
    inputs: tuple[str, ...]
    targets: Mapping[str, str]
    kinds: Mapping[str, str]
    split: Mapping[str, object] | None = None
    only: str = ""


def _table(
    folder: str, inputs: str, targets: Mapping[str, tuple[str, str]], **more: object
) -> Table:
    names = {task: target for task, (target, _) in targets.items()}
    kinds = {task: kind for task, (_, kind) in targets.items()}
    return Table(folder, tuple(inputs.split()), names, kinds, **more)  # type: ignore[arg-type]


SNIPS = _table(
    "snips", "tokens", {"intent": ("intent", "multiclass"), "slots": ("slots", "tagging")}
)
SST = _table("sst", "text", {"fine": ("fine", "ordinal"), "polarity": ("binary", "binary")})
POEMS = _table("poem_sentiment", "text", {"poem": ("label", "multiclass")})
SICK = _table(
    "sick",
    "sentence_a sentence_b",
    {"relatedness": ("relatedness", "regression"), "entailment": ("entailment", "multiclass")},
)
BANKING = _table("banking77", "text", {"banking": ("intent", "multiclass")})
WNUT = _table("wnut17", "tokens", {"entities": ("tags", "tagging")})
POS = _table("ud_ewt", "tokens", {"pos": ("upos", "tagging")})
CT = _table("iq_othnccd", "image", {"ct": ("abnormal", "binary")})
FOLDS = {"folds": 3, "group": "patient"}
MRI = _table(
    "cardiac_mri_scd",
    "image",
    {"mri": ("abnormal", "binary"), "plane": ("plane", "multiclass")},
    split=FOLDS,
)
REVIEWS = tuple(
    _table("uci_sentiment3", "text", {site: ("label", "binary")}, only=site)
    for site in ("amazon", "imdb", "yelp")
)

SETS: dict[str, tuple[Table, ...]] = {
    "snips": (SNIPS,),
    "sick": (SICK,),
    "ten": (BANKING, SNIPS, SST, POEMS, WNUT, SICK, POS),
    "heads": (
        _table("head_ct", "image", {"head_ct": ("label", "binary")}),
        _table("brain_mri", "image", {"brain_mri": ("label", "binary")}),
    ),
    "medical": (CT, MRI),
    "feelings": (SST, POEMS),
    "reviews": REVIEWS,
    "words": (SNIPS, WNUT),
    "topics": (
        BANKING,
        _table("medical_abstracts", "text", {"condition": ("label", "multiclass")}),
        _table("subj", "text", {"subjective": ("label", "binary")}),
    ),
    "goods": (
        _table("sentfin", "text", {"headline": ("overall", "multiclass")}),
        _table("goemotions", "text", {"ekman": ("ekman", "multilabel")}),
    ),
    "chinese": (
        _table("waimai_10k", "text", {"meal": ("label", "binary")}),
        _table("weibo_ner", "tokens", {"names": ("tags", "tagging")}),
    ),
}
"""Those of the main job first; the others are smaller and differ from each other."""


def write(data: Path, out: Path, name: str, most: int | None = None) -> Path:
    """Write the tables and `tasks.yaml` of a set; gives the path of the latter.

    Args:
        data: Where the development data lie.
        out: A folder to make.
        name: One of `SETS`.
        most: Most rows to learn from and most to choose by, a table; `None` for all.
    """
    out.mkdir(parents=True, exist_ok=True)
    tasks: dict[str, dict[str, object]] = {}
    for number, table in enumerate(SETS[name]):
        files = _files(data, out, table, number, most)
        for task, target in table.targets.items():
            inputs: object = table.inputs[0] if len(table.inputs) == 1 else [*table.inputs]
            entry: dict[str, object] = {"data": files, "input": inputs, "target": target}
            entry["kind"] = table.kinds[task]
            tasks[task] = entry | ({"split": dict(table.split)} if table.split else {})
    path = out / "tasks.yaml"
    path.write_text(yaml.safe_dump({"tasks": tasks}, sort_keys=False), encoding="utf-8")
    return path


def _files(data: Path, out: Path, table: Table, number: int, most: int | None) -> object:
    frames = _frames(data, table, most)
    if table.split:
        path = out / f"{number}.parquet"
        pl.concat(frames.values()).write_parquet(path)
        return path.name
    found = {}
    for split, frame in frames.items():
        path = out / f"{number}-{split}.parquet"
        frame.write_parquet(path)
        found[split] = path.name
    return found


def _frames(data: Path, table: Table, most: int | None) -> dict[str, pl.DataFrame]:
    frames = {}
    for split in ("train", "dev", "test"):
        path = data / table.folder / f"{split}.parquet"
        if path.exists():
            frame = pl.read_parquet(path)
            if table.only:
                frame = frame.filter(pl.col("domain") == table.only)
            frames[split] = frame.sample(fraction=1.0, shuffle=True, seed=0)
    if "dev" not in frames:
        whole = frames["train"]
        cut = len(whole) // 7
        frames = {"train": whole[cut:], "dev": whole[:cut], "test": frames["test"]}
    if most is not None:
        limits = {"train": most, "dev": most, "test": TEST}
        frames = {split: frame.head(limits[split]) for split, frame in frames.items()}
    return frames
