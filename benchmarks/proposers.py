"""Which proposer of sharing says best who gains from whom: every pair of five small tasks.

    python benchmarks/proposers.py DATA cells.jsonl             # trains what is missing; the table
    python benchmarks/proposers.py DATA cells.jsonl --seeds 0 1

A cell is a group of tasks with a seed: each alone, each pair, all together (whose gradients are
looked at). 30 rows of a task choose the epoch, 150 others judge; all are of the train and dev
files, no test row is read. The gain of a task from another is its accuracy with it less that alone.
Regret@k of a proposer for a task: its best gain from any other less the best among the k proposed.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.selection import as_answers
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECIPE = FineTune(epochs=3)
TEXT = (Column("text"),)
DEV, JUDGE = 30, 150
"""Rows of a task that choose its epoch, and others that judge."""


@dataclass(frozen=True)
class Source:
    """A task: its folder, how many rows it learns from, and the rows of the folder it takes."""

    folder: str
    rows: int
    domain: str = ""


SOURCES = {
    "amazon": Source("uci_sentiment3", 100, "amazon"),
    "imdb": Source("uci_sentiment3", 60, "imdb"),
    "yelp": Source("uci_sentiment3", 40, "yelp"),
    "poem": Source("poem_sentiment", 80),
    "subj": Source("subj", 100),
}
"""Of different sizes, so that a rule of sizes has something to say."""


def main() -> None:
    """Train the cells that are not there yet; print what the proposers were worth."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("cells", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    options = parser.parse_args()
    tasks, fold, judged = read(options.data)
    done = [(tuple(one["tasks"]), one["seed"]) for one in cells(options.cells)]
    for seed in options.seeds:
        for group in groups(list(tasks)):
            if (group, seed) not in done:
                found = cell([tasks[name] for name in group], fold, judged, seed)
                with options.cells.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
                print(*group, seed, found["cpu_seconds"], found["accuracy"], flush=True)


def groups(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Each task alone, all together, every pair."""
    yield from ((name,) for name in names)
    yield tuple(names)
    yield from combinations(names, 2)


def cell(tasks: Sequence[Task], fold: Fold, judged: dict[str, Rows], seed: int) -> dict[str, Any]:
    """Train a group; which rows that judge are right, the epochs, and what the gradients told."""
    names = [task.name for task in tasks]
    curves: list[dict[str, Any]] = []

    def listen(event: Any) -> None:
        if event["event"] == "epoch":
            curves.append({"epoch": event["epoch"], "dev": event["dev"]})

    own = Fold(*({name: part[name] for name in names} for part in (fold.train, fold.dev)))
    began = time.process_time()
    part = RECIPE.fit(tasks, own, Context(seed=seed, threads=1, emit=listen))
    seconds = time.process_time() - began
    right = {}
    for task in tasks:
        rows = judged[task.name]
        truth = rows.targets[task.name]
        scores = part.scores(rows.inputs, [task.name])[task.name]
        answers = as_answers(task, scores, truth).labels
        right[task.name] = [int(a == b) for a, b in zip(answers, truth, strict=True)]
    return {
        "tasks": names,
        "seed": seed,
        "recipe": str(RECIPE),
        "cpu_seconds": round(seconds, 1),
        "accuracy": {name: round(float(np.mean(values)), 4) for name, values in right.items()},
        "right": {name: "".join(map(str, values)) for name, values in right.items()},
        "curves": curves,
        "moved": part.moved,
    }


def read(data: Path) -> tuple[dict[str, Task], Fold, dict[str, Rows]]:
    """The tasks, what they learn and choose from, and the rows that judge; each a table."""
    tasks, train, dev, judged = {}, {}, {}, {}
    for name, source in SOURCES.items():
        parts = [pl.read_parquet(data / source.folder / f"{s}.parquet") for s in ("train", "dev")]
        frame = pl.concat(parts).drop_nulls(["text", "label"]).unique("text", maintain_order=True)
        if source.domain:
            frame = frame.filter(pl.col("domain") == source.domain)
        frame = frame.sample(fraction=1.0, shuffle=True, seed=0)
        labels = tuple(sorted({str(label) for label in frame["label"]}))
        kind = "binary" if len(labels) == 2 else "multiclass"
        tasks[name] = Task(name, name, TEXT, "label", kind, "accuracy", labels)
        ends = np.cumsum([0, JUDGE, DEV, source.rows])
        cut = [_rows(name, frame[a:b]) for a, b in pairwise(ends)]
        judged[name], dev[name], train[name] = cut
    return tasks, Fold(train, dev), judged


def _rows(name: str, frame: pl.DataFrame) -> Rows:
    inputs = Inputs(TEXT, {"text": frame["text"].to_list()})
    return Rows(inputs, {name: [str(label) for label in frame["label"]]}, np.arange(len(frame)))


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells that were trained already."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
