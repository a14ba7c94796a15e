"""Few examples a class: SST-5 with 8, banking77 with 10, alone and after helpers; test accuracy.

    python benchmarks/few_shot.py DATA cells.jsonl [--set sst] [--arms FewShot] [--seeds 0 1 2]
    python benchmarks/few_shot.py DATA cells.jsonl --judge dev --seeds 100 101   # to choose by

A cell is an arm on a set with a seed, which draws the rows: a JSON line, not made again where it is
there. No dev row is given to a recipe. Arms that begin with "helped" start from MiniLM tuned once
(seed 0) on the helpers; their rows whose text stands in any split of SST are left out.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl

from polytask.evaluation.decisions import decide
from polytask.evaluation.metrics import score
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import METRICS, Column, Fold, Inputs, Kind, Rows, Task
from polytask.workflow.operations.recipes import build

Cell: TypeAlias = "dict[str, object]"
TEXT = (Column("text"),)
SETS: dict[str, tuple[str, Kind, int]] = {
    "sst": ("fine", "ordinal", 8),
    "banking77": ("intent", "multiclass", 10),
}
"""By set the target, its kind, and the rows a class."""
HELPERS: dict[str, tuple[str, str, Kind]] = {
    "uci_sentiment3": ("text", "label", "binary"),
    "poem_sentiment": ("text", "label", "multiclass"),
    "goemotions": ("text", "sentiment", "multilabel"),
    "subj": ("text", "label", "binary"),
}
"""By set the text column, the target and its kind."""
FIRST = ["uci_sentiment3", "poem_sentiment", "goemotions"]
"""The helpers that are used unless others are named: those about feelings."""
MOST = 3_000
"""Rows of a helper."""
ARMS = {
    "Probe": "Probe()",
    "ranked Probe": "Probe(ranked=True)",
    "FineTune": "FineTune(epochs=10, learning_rate=2e-4)",
    "FewShot": "FewShot()",
    "FewShot below": "FewShot(learning_rate=2e-4, cut=2)",
    "helped Probe": "Probe()",
    "helped ranked Probe": "Probe(penalty=10.0, ranked=True)",
    "helped FewShot": "FewShot()",
}
TUNING = FineTune(epochs=2, learning_rate=1e-4)
"""How helpers are learned together."""


def main() -> None:
    """Make the cells that were asked for and are not there yet; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("cells", type=Path)
    parser.add_argument("--set", default="sst", choices=list(SETS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(10)))
    parser.add_argument("--judge", default="test", choices=["dev", "test"])
    parser.add_argument("--helpers", nargs="+", default=FIRST, choices=list(HELPERS))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    context = Context(threads=options.threads)
    for seed in options.seeds:
        for arm in options.arms:
            key = {"set": options.set, "arm": arm, "seed": seed, "judge": options.judge}
            key |= {"recipe": ARMS[arm]}
            given = context
            if arm.startswith("helped"):
                key |= {"helpers": "+".join(options.helpers)}
                given = replace(context, encoder=str(helped(options, context)))
            if key not in [_key(cell) for cell in _cells(options.cells)]:
                found = cell(options, key, replace(given, seed=seed))
                with options.cells.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
    table(_cells(options.cells))


def cell(options: argparse.Namespace, key: Cell, context: Context) -> Cell:
    """Draw rows, fit, judge."""
    target, kind, count = SETS[options.set]
    train, judged = (_read(options.data, options.set, part) for part in ("train", options.judge))
    train, judged = (part.drop_nulls(target) for part in (train, judged))
    labels = tuple(sorted({str(value) for value in train[target]}))
    task = Task(target, options.set, TEXT, target, kind, "accuracy", labels)
    drawn = draw([str(value) for value in train[target]], count, context.seed)
    fold = Fold({options.set: _rows(train[drawn], "text", target)}, {})
    started = time.process_time()
    part = build(str(key["recipe"])).fit([task], fold, context)
    seconds = time.process_time() - started
    rows = _rows(judged, "text", target)
    answers = decide(task, part.scores(rows.inputs, [target])[target])
    value = score(task, list(rows.targets[target]), answers)
    return {**key, "accuracy": round(value, 5), "cpu_s": round(seconds, 1), "rows": len(drawn)}


def draw(targets: list[str], count: int, seed: int) -> list[int]:
    """`count` rows of each class, in the order of the classes."""
    rng, given = np.random.default_rng(seed), np.array(targets)
    classes = sorted(set(targets))
    rows = [rng.choice(np.flatnonzero(given == one), count, replace=False) for one in classes]
    return [int(row) for row in np.concatenate(rows)]


def helped(options: argparse.Namespace, context: Context) -> Path:
    """The folder of the encoder tuned on the helpers, made where it is not there."""
    folder = options.cells.with_suffix("") / "+".join(options.helpers)
    if folder.exists():
        return folder
    known = [_read(options.data, "sst", part)["text"] for part in ("train", "dev", "test")]
    banned = {bare(text) for texts in known for text in texts}
    tasks, tables = [], {}
    for name in options.helpers:
        column, target, kind = HELPERS[name]
        frame = _read(options.data, name, "train").drop_nulls(target)
        kept = [row for row, text in enumerate(frame[column]) if bare(text) not in banned]
        if len(kept) > MOST:
            kept = [kept[i] for i in np.random.default_rng(0).permutation(len(kept))[:MOST]]
        rows = _rows(frame[kept], column, target, name)
        labels = {label for value in rows.targets[name] for label in _listed(value)}
        metric = METRICS[kind][0]
        tasks.append(Task(name, name, TEXT, target, kind, metric, tuple(sorted(labels))))
        tables[name] = rows
    part = TUNING.fit(tasks, Fold(tables, {}), context)
    folder.mkdir(parents=True)
    part.encoder.save(folder)  # type: ignore[attr-defined]
    return folder


def bare(text: str) -> str:
    """Letters and figures alone: the same sentence stands with other spaces elsewhere."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def table(cells: list[Cell]) -> None:
    """Mean and deviation of each arm, in points."""
    groups: dict[str, list[float]] = {}
    for one in cells:
        name = " | ".join(
            str(one.get(k, "-")) for k in ("set", "judge", "arm", "recipe", "helpers")
        )
        groups.setdefault(name, []).append(100 * float(str(one["accuracy"])))
    for name, values in groups.items():
        spread = np.std(values, ddof=1) if len(values) > 1 else 0.0
        print(f"{name} | {np.mean(values):.1f} ± {spread:.1f} | {len(values)} seeds")


def _read(data: Path, name: str, part: str) -> pl.DataFrame:
    return pl.read_parquet(data / name / f"{part}.parquet")


def _rows(frame: pl.DataFrame, column: str, target: str, name: str = "") -> Rows:
    texts = frame[column].to_list()
    values = [
        [str(label) for label in value] if isinstance(value, list) else str(value)
        for value in frame[target].to_list()
    ]
    return Rows(Inputs(TEXT, {"text": texts}), {name or target: values}, np.arange(len(texts)))


def _listed(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def _cells(path: Path) -> list[Cell]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _key(one: Cell) -> Cell:
    return {k: v for k, v in one.items() if k not in ("accuracy", "cpu_s", "rows")}


if __name__ == "__main__":
    main()
