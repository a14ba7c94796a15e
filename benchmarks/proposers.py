"""Which proposer of sharing says best who gains from whom: every pair of five small tasks.

    python benchmarks/proposers.py DATA cells.jsonl             # trains what is missing; the table
    python benchmarks/proposers.py DATA cells.jsonl --seeds 0 1

A cell is a group of tasks with a seed: each alone, each pair, all together (whose gradients are
looked at). 30 rows of a task choose the epoch, 100 others judge; all are of the train and dev
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
from scipy import stats

from polytask.evaluation import ranking
from polytask.learning.proposing import PROPOSERS
from polytask.learning.proposing.known import Known, samples
from polytask.learning.recipes.recipe import Context
from polytask.learning.selection import as_answers
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task
from polytask.workflow.operations.recipes import build

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECIPE = "FineTune(epochs=3)"
TEXT = (Column("text"),)
DEV, JUDGE = 30, 100
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
    parser.add_argument("--recipe", default=RECIPE)
    options = parser.parse_args()
    recipe = str(build(options.recipe))
    tasks, fold, judged = read(options.data)
    done = [(tuple(one["tasks"]), one["seed"]) for one in cells(options.cells, recipe)]
    for seed in options.seeds:
        for group in groups(list(tasks)):
            if (group, seed) not in done:
                found = cell([tasks[name] for name in group], fold, judged, recipe, seed)
                with options.cells.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
                print(*group, seed, found["cpu_seconds"], found["accuracy"], flush=True)
        mine = [one for one in cells(options.cells, recipe) if one["seed"] == seed]
        table(mine, tasks, fold)


def groups(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Each task alone, all together, every pair."""
    yield from ((name,) for name in names)
    yield tuple(names)
    yield from combinations(names, 2)


def cell(
    tasks: Sequence[Task], fold: Fold, judged: dict[str, Rows], recipe: str, seed: int
) -> dict[str, Any]:
    """Train a group; which rows that judge are right, the epochs, and what the gradients told."""
    names = [task.name for task in tasks]
    curves: list[dict[str, Any]] = []

    def listen(event: Any) -> None:
        if event["event"] == "epoch":
            curves.append({"epoch": event["epoch"], "dev": event["dev"]})

    own = Fold(*({name: part[name] for name in names} for part in (fold.train, fold.dev)))
    began = time.process_time()
    part = build(recipe).fit(tasks, own, Context(seed=seed, threads=1, emit=listen))
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
        "recipe": recipe,
        "cpu_seconds": round(seconds, 1),
        "accuracy": {name: round(float(np.mean(values)), 4) for name, values in right.items()},
        "right": {name: "".join(map(str, values)) for name, values in right.items()},
        "curves": curves,
        "moved": part.moved,
    }


def table(found: Sequence[dict[str, Any]], tasks: dict[str, Task], fold: Fold) -> None:
    """Print gains, and by proposer regret@1, regret@3 and rank correlation, means over tasks."""
    by_group = {tuple(one["tasks"]): one for one in found}
    known = told(by_group, tasks, fold)
    proposers = {name: PROPOSERS.load(name)() for name in PROPOSERS}
    worth: dict[str, list[list[float]]] = {}
    for task in tasks:
        gains = realised(task, by_group)
        if len(gains) < 4:
            continue
        print(task, {other: round(100 * gain, 1) for other, gain in gains.items()})
        scores: dict[str, list[float]] = {}
        for name, proposer in proposers.items():
            asked = [proposer.gain(task, [other], known) for other in gains]
            if all(asked):
                scores[name] = [gain.score for gain in asked if gain]
        columns = [{name: scores[name][i] for name in scores} for i in range(len(gains))]
        scores["planner"] = [1 - place for place in ranking.combined(columns)]
        values = list(gains.values())
        for name, one in scores.items():
            rank = ranking.correlation(one, values) or 0.0
            regrets = [100 * ranking.regret(one, values, k) for k in (1, 3)]
            worth.setdefault(name, []).append([*regrets, rank])
        worth.setdefault("any order, on average", []).append([*_by_chance(values), 0.0])
    for name, lines in worth.items():
        shown = " | ".join(_mean([line[i] for line in lines]) for i in range(3))
        print(f"{name} | {len(lines)} tasks | {shown}")


def realised(task: str, by_group: dict[tuple[str, ...], dict[str, Any]]) -> dict[str, float]:
    """By other task what `task` gained from it; of pairs that were trained."""
    pairs = [group for group in by_group if len(group) == 2 and task in group]
    alone = by_group[task,]["accuracy"][task]
    return {
        next(name for name in pair if name != task): by_group[pair]["accuracy"][task] - alone
        for pair in pairs
    }


def told(
    by_group: dict[tuple[str, ...], dict[str, Any]], tasks: dict[str, Task], fold: Fold
) -> Known:
    """What proposers go by; of learning curves all epochs but the last."""
    moved = by_group[tuple(tasks)]["moved"]
    return Known(
        tasks,
        rows={name: len(rows) for name, rows in fold.train.items()},
        languages=dict.fromkeys(tasks, "en"),
        samples=samples(list(tasks.values()), fold, Context(threads=1)),
        affinity=moved["affinity"],
        norms=moved["norms"],
        cosines=moved["cosines"],
        projected=moved["projected"],
        curves={
            tuple(sorted(group)): [epoch["dev"] for epoch in one["curves"]][:-1]
            for group, one in by_group.items()
        },
        epochs=max(len(one["curves"]) for one in by_group.values()),
    )


def _by_chance(gains: Sequence[float]) -> list[float]:
    """Regret@1 and @3 over all orders, in points."""
    return [
        100 * (max(gains) - float(np.mean([max(drawn) for drawn in combinations(gains, k)])))
        for k in (1, 3)
    ]


def _mean(values: Sequence[float]) -> str:
    """The mean with the half width of its 95 % t-interval."""
    if len(values) < 2:
        return f"{values[0]:.2f}"
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    return f"{np.mean(values):.2f} ± {half:.2f}"


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


def cells(path: Path, recipe: str) -> list[dict[str, Any]]:
    """The cells that were trained already with `recipe`."""
    if not path.exists():
        return []
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [one for one in found if one["recipe"] == recipe]


if __name__ == "__main__":
    main()
