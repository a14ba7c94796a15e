"""What methods of sharing are worth: representatives of each family on three sets of tasks.

    python benchmarks/methods.py DATA cells.jsonl                     # one seed
    python benchmarks/methods.py DATA cells.jsonl --seeds 0 1 2 --arms PCGrad LoRA joint
    python benchmarks/methods_table.py DATA cells.jsonl               # docs and package

A cell is an arm on a set with a seed: a JSON line with the answers on dev rows. No test row is
read, no dev row chooses an epoch or a setting. Lines that are there already are not made again.
The unit of time is the CPU second of one thread; a cell is meant to take at most 40.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._catalogue import Spec, parse
from polytask._errors import UserError
from polytask.learning.recipes.recipe import Context
from polytask.learning.selection import as_answers, quality
from polytask.tasks.task import METRICS, Column, Fold, Inputs, Rows, Task
from polytask.workflow.operations.recipes import build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.tasks.task import Kind, Modality

TRAIN, DEV = 600, 500
"""Most rows of a table that are learned from and that judge."""


@dataclass(frozen=True)
class Source:
    """A table: its folder, input columns, and by target the kind."""

    folder: str
    inputs: tuple[str, ...]
    targets: Mapping[str, Kind]
    modality: Modality = "text"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The input columns."""
        return tuple(Column(name, self.modality, name == "tokens") for name in self.inputs)


SETS: dict[str, tuple[Source, ...]] = {
    "words": (
        Source("snips", ("tokens",), {"intent": "multiclass", "slots": "tagging"}),
        Source("sst", ("text",), {"binary": "binary"}),
        Source("wnut17", ("tokens",), {"tags": "tagging"}),
    ),
    "pairs": (
        Source(
            "sick",
            ("sentence_a", "sentence_b"),
            {"relatedness": "regression", "entailment": "multiclass"},
        ),
        Source("goemotions", ("text",), {"ekman": "multilabel"}),
    ),
    "scans": (
        Source("iq_othnccd", ("image",), {"label": "multiclass", "abnormal": "binary"}, "image"),
        Source("cardiac_mri_scd", ("image",), {"plane": "multiclass"}, "image"),
    ),
}
TEXT = ("words", "pairs")
BASE = {
    **dict.fromkeys(TEXT, "TopLayers(epochs=4, learning_rate=0.001, head_learning_rate=0.005)"),
    "scans": "TopLayers(epochs=4, learning_rate=0.001, image_size=128)",
}
WHOLE = {
    **dict.fromkeys(
        TEXT, "FineTune(epochs=3, learning_rate=0.0006, head_learning_rate=0.005, embeddings=True)"
    ),
    "scans": "FineTune(epochs=2, learning_rate=0.001, image_size=96)",
}


@dataclass(frozen=True)
class Arm:
    """A way to learn a set of tasks.

    Args:
        name: What it is called; by default that of the part it is about.
        change: Arguments that differ from the joint training it is held against.
        sets: Where it makes sense.
        whole: Whether it changes the training of the whole encoder instead of the upper layers.
        recipe: Another recipe instead.
        alone: Whether each task is learned by itself.
    """

    name: str
    change: Mapping[str, Any] = field(default_factory=dict)
    sets: tuple[str, ...] = tuple(SETS)
    whole: bool = False
    recipe: str = ""
    alone: bool = False

    def text(self, name: str) -> str:
        """The recipe for the set `name`."""
        spec = parse(self.recipe or (WHOLE if self.whole else BASE)[name])
        return str(Spec(spec.name, {**spec.arguments, **self.change}))

    @property
    def against(self) -> str:
        """The arm it is held against."""
        return "FineTune" if self.whole and self.change else "joint"


def _part(argument: str, text: str, **other: Any) -> Arm:
    spec = parse(text)
    sets, whole = other.pop("sets", tuple(SETS)), other.pop("whole", False)
    return Arm(spec.name, {argument: spec, **other}, sets, whole)


ARMS = [
    Arm("joint"),
    Arm("alone", alone=True),
    _part("balancer", "Uncertainty()"),
    _part("balancer", "FAMO()"),
    _part("balancer", "RLW()"),
    _part("balancer", "PCGrad()"),
    _part("balancer", "NashMTL()"),
    _part("transfer", "LoRA(r=8)", learning_rate=5e-3),
    _part("transfer", "Bottleneck()", learning_rate=5e-3, sets=TEXT),
    _part("transfer", "LayerwiseRates(decay=0.8)"),
    _part("transfer", "GradualUnfreezing(layers=1)"),
    _part("transfer", "LPFT()"),
    _part("transfer", "Averaging()"),
    _part("loss", "Focal()"),
    Arm("smoothing", {"loss": parse("CrossEntropy(smoothing=0.1)")}),
    _part("loss", "CRF()", sets=("words",)),
    _part("loss", "Asymmetric()", sets=("pairs",)),
    _part("regulariser", "RDrop()"),
    _part("regulariser", "Mixup()"),
    _part("regulariser", "StochasticDepth()", sets=TEXT, whole=True),
    _part("regulariser", "FGM()", sets=TEXT, whole=True),
    Arm("Probe", recipe="Probe()"),
    Arm("KernelProbe", recipe="KernelProbe()", sets=("scans",)),
    Arm("TfidfLinear", recipe="TfidfLinear()", sets=TEXT),
    Arm("FineTune", whole=True),
]


def main() -> None:
    """Measure the cells that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--arms", nargs="+", default=[arm.name for arm in ARMS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    options = parser.parse_args()
    done = {(line["set"], line["recipe"], line["arm"], line["seed"]) for line in lines(options.out)}
    for seed in options.seeds:
        for name in options.sets:
            tasks, fold = read(options.data, name)
            for arm in ARMS:
                wanted = arm.name in options.arms and name in arm.sets
                if wanted and (name, arm.text(name), arm.name, seed) not in done:
                    line = cell(arm, name, tasks, fold, seed)
                    with options.out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line) + "\n")
                    print(json.dumps({k: v for k, v in line.items() if k != "answers"}), flush=True)


def lines(path: Path) -> list[dict[str, Any]]:
    """The cells that were measured already."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def cell(arm: Arm, name: str, tasks: Sequence[Task], fold: Fold, seed: int) -> dict[str, Any]:
    """Learn, answer the dev rows, and say how good the answers are."""
    line: dict[str, Any] = {
        "set": name,
        "arm": arm.name,
        "recipe": arm.text(name),
        "against": arm.against,
        "seed": seed,
        "commit": commit(),
    }
    began = time.process_time()
    try:
        scores = fitted(arm, name, tasks, fold, seed)
    except UserError as error:
        return {**line, "refused": str(error)}
    line["cpu_seconds"] = round(time.process_time() - began, 1)
    truth = {task.name: fold.dev[task.table].targets[task.name] for task in tasks}
    line["quality"] = {
        task.name: round(quality(task, scores[task.name], truth[task.name]), 5) for task in tasks
    }
    line["answers"] = {
        task.name: _plain(as_answers(task, scores[task.name], truth[task.name]).labels)
        for task in tasks
    }
    return line


def fitted(arm: Arm, name: str, tasks: Sequence[Task], fold: Fold, seed: int) -> dict[str, Any]:
    """Scores of the dev rows of each task; the fit itself sees no dev row."""
    recipe = build(arm.text(name))
    found: dict[str, Any] = {}
    for group in [[task] for task in tasks] if arm.alone else [list(tasks)]:
        names = [task.name for task in group]
        rows = Fold(_only(fold.train, group), {})
        part = recipe.fit(group, rows, Context(seed=seed, threads=1))
        for table, dev in _only(fold.dev, group).items():
            asked = [task.name for task in group if task.table == table]
            found |= part.scores(dev.inputs, asked)
        assert set(names) <= set(found)
    return found


def _only(tables: Mapping[str, Rows], tasks: Sequence[Task]) -> dict[str, Rows]:
    """The tables of `tasks` with their targets alone."""
    found = {}
    for table in {task.table: None for task in tasks}:
        rows = tables[table]
        names = [task.name for task in tasks if task.table == table]
        targets = {name: rows.targets[name] for name in names}
        found[table] = Rows(rows.inputs, targets, rows.positions)
    return found


def read(data: Path, name: str) -> tuple[list[Task], Fold]:
    """The tasks of a set with the first rows, in random order, of train and dev."""
    tasks: list[Task] = []
    train, dev = {}, {}
    for source in SETS[name]:
        frames = {
            split: pl.read_parquet(data / source.folder / f"{split}.parquet")
            .drop_nulls([*source.inputs, *source.targets])
            .sample(fraction=1.0, shuffle=True, seed=0)
            .head(most)
            for split, most in (("train", TRAIN), ("dev", DEV))
        }
        for target, kind in source.targets.items():
            labels = () if kind == "regression" else tuple(sorted(set(_labels(frames, target))))
            tasks.append(
                Task(target, source.folder, source.columns, target, kind, METRICS[kind][0], labels)
            )
        train[source.folder] = _rows(source, frames["train"])
        dev[source.folder] = _rows(source, frames["dev"])
    return tasks, Fold(train, dev)


def _rows(source: Source, frame: pl.DataFrame) -> Rows:
    values = {column: frame[column].to_list() for column in source.inputs}
    targets = {
        target: _targets(frame[target].to_list(), kind) for target, kind in source.targets.items()
    }
    return Rows(Inputs(source.columns, values), targets, np.arange(len(frame)))


def _targets(values: list[Any], kind: Kind) -> list[Any]:
    if kind == "regression":
        return [float(value) for value in values]
    return values if kind in ("tagging", "multilabel") else [str(value) for value in values]


def _labels(frames: Mapping[str, pl.DataFrame], target: str) -> Iterator[str]:
    for value in frames["train"][target].to_list():
        if isinstance(value, list):
            yield from value
        else:
            yield str(value)


def _plain(labels: Sequence[Any]) -> list[Any]:
    return [float(f"{v:.5g}") if isinstance(v, float) else v for v in labels]


def commit() -> str:
    """The commit that is measured; with "+" where files differ from it."""
    root = Path(__file__).parent
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
