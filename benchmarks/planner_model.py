"""What the planner's model of earlier runs is worth on data that it has not seen.

    python benchmarks/planner_model.py cells.jsonl [more.jsonl]

Cells are lines as those of `benchmarks/portfolio.py`; the cells of one draw of a set are taken as a
run. Prints whether the model would be used, and its errors on gains of pairs and on seconds beside
those of the mean.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask.knowledge import Candidate, Facts, Gain, Record
from polytask.planning.writers.ladder import QUICK, SETTINGS
from polytask.workflow.checking import VOCABULARY
from polytask.workflow.planner_model import advise, errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def main() -> None:
    """Read, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cells", nargs="+", type=Path)
    options = parser.parse_args()
    texts = [path.read_text(encoding="utf-8") for path in options.cells]
    records = records_of(json.loads(line) for text in texts for line in text.splitlines())
    print(f"{len(records)} runs; the model is {advise(records, [], rules()).told}")
    for target, (model, mean, count) in errors(records).items():
        print(f"{target}: mean absolute error {model:.3f}, of the mean {mean:.3f}, {count} rows")


def rules() -> dict[str, list[str]]:
    """By what reads a task the recipes that plans try, the quick models last."""
    return {
        reads: [VOCABULARY.canonical(one.recipe) for one in settings] + list(QUICK[reads])
        for reads, settings in SETTINGS.items()
    }


def records_of(lines: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The cells of each draw of a set as a run; gains of pairs over the best of each task alone."""
    runs: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for line in lines:
        if "dev" in line:
            key = tuple(str(line[name]) for name in ("set", "most", "seed"))
            runs.setdefault(key, []).append(line)
    return [_record(key, cells) for key, cells in runs.items()]


def _record(key: tuple[str, ...], cells: list[Mapping[str, Any]]) -> Record:
    names = sorted({cell["task"] for cell in cells})
    facts = {cell["task"]: _facts(cell) for cell in cells}
    parts: dict[tuple[str, tuple[int, ...]], dict[int, float]] = {}
    seconds: dict[tuple[str, tuple[int, ...]], float] = {}
    for cell in cells:
        places = tuple(sorted(names.index(task) for task in cell["together"]))
        part = (VOCABULARY.canonical(cell["recipe"]), places)
        parts.setdefault(part, {})[names.index(cell["task"])] = cell["sign"] * cell["dev"]
        seconds[part] = cell["seconds"]
    done = [Candidate(*part, dev, seconds[part]) for part, dev in parts.items()]
    alone = [one for one in done if len(one.tasks) == 1]
    best = {
        place: max((one.dev[place] for one in alone if place in one.dev), default=None)
        for place in range(len(names))
    }
    gains = [
        Gain(one.recipe, one.tasks, {t: dev - (best[t] or 0.0) for t, dev in one.dev.items()})
        for one in done
        if len(one.tasks) == 2
    ]
    tasks = tuple(facts[name] for name in names)
    return Record("-".join(key), key[0], "", "", tasks, tuple(done), tuple(gains))


def _facts(cell: Mapping[str, Any]) -> Facts:
    told = cell["facts"]
    sizes = (told["train"], told["classes"], told["mean_length"])
    reads = (told["kind"], cell["metric"], told["modality"], told["language"])
    return Facts(*reads, *sizes, told.get("folds", 1), cell["task"])


if __name__ == "__main__":
    main()
