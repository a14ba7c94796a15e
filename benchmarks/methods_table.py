"""From the cells of `methods.py` to `docs/methods.md` and the rows that the package ships.

    python benchmarks/methods_table.py DATA cells.jsonl         # writes both
    python benchmarks/methods_table.py DATA cells.jsonl --next  # who deserves more seeds

A gain is that of an arm over the training it is held against, same rows and seeds; its interval
is a bootstrap over dev rows and seeds (`evaluation.interval.paired`). The interval of a mean over
tasks takes the tasks as independent.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from methods import ARMS, BASE, DEV, SETS, TRAIN, WHOLE, lines, read

from polytask.evaluation.interval import paired
from polytask.evaluation.prediction import Prediction
from polytask.workflow import describing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import Fold, Task

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "methods.md"
SHIPPED = ROOT / "src" / "polytask" / "workflow" / "measured.json"
PARTS = {"smoothing": "CrossEntropy", "joint": "TopLayers"}
"""The parts of arms that are not called like theirs."""


def main() -> None:
    """Write both files, or say which arms should get more seeds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("cells", type=Path, nargs="+")
    parser.add_argument("--next", action="store_true")
    options = parser.parse_args()
    cells = [line for path in options.cells for line in lines(path) if "refused" not in line]
    rows = [row for name in SETS for row in rows_of(name, cells, *read(options.data, name))]
    if options.next:
        print("--arms", *extremes(rows))
        return
    commits = sorted({cell["commit"] for cell in cells})
    found = {"commit": ", ".join(commits), "sets": described(), "rows": rows}
    SHIPPED.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    describing.measured.cache_clear()
    PAGE.write_text("\n".join(page(found)) + "\n", encoding="utf-8")
    print(f"{len(rows)} rows → {SHIPPED.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")


def described() -> dict[str, str]:
    """What each set holds, in a phrase."""
    return {
        name: " + ".join(f"{source.folder} ({', '.join(source.targets)})" for source in sources)
        for name, sources in SETS.items()
    }


def rows_of(
    name: str, cells: Sequence[Mapping[str, Any]], tasks: Sequence[Task], fold: Fold
) -> list[dict[str, Any]]:
    """The measured rows of a set, in the order of the arms."""
    by_arm: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for cell in cells:
        if cell["set"] == name:
            by_arm[cell["arm"]][cell["seed"]] = cell
    found = []
    for arm in ARMS:
        against = "alone" if arm.name == "joint" else arm.against
        seeds = sorted(by_arm[arm.name].keys() & by_arm[against].keys())
        if seeds and arm.name != "alone":
            mine = [by_arm[arm.name][seed] for seed in seeds]
            theirs = [by_arm[against][seed] for seed in seeds]
            found.append(_row(name, arm.name, against, seeds, (mine, theirs, tasks, fold)))
    return found


def _row(name: str, arm: str, against: str, seeds: list[int], given: Any) -> dict[str, Any]:
    mine, theirs, tasks, fold = given
    part = PARTS.get(arm, arm)
    gains = [
        paired(
            task,
            fold.dev[task.table].targets[task.name],
            [_prediction(cell["answers"][task.name]) for cell in mine],
            [_prediction(cell["answers"][task.name]) for cell in theirs],
        )
        for task in tasks
    ]
    mean = float(np.mean([gain.value for gain in gains]))
    down = np.sqrt(np.sum([(gain.value - gain.low) ** 2 for gain in gains])) / len(gains)
    up = np.sqrt(np.sum([(gain.high - gain.value) ** 2 for gain in gains])) / len(gains)
    cost = [a["cpu_seconds"] / b["cpu_seconds"] for a, b in zip(mine, theirs, strict=True)]
    return {
        "part": part,
        "kind": describing.one(part).kind,
        "arm": arm,
        "recipe": mine[0]["recipe"],
        "set": name,
        "against": against,
        "seeds": seeds,
        "gain": {
            key: round(float(value), 5)
            for key, value in (("value", mean), ("low", mean - down), ("high", mean + up))
        },
        "tasks": {task.name: round(gain.value, 5) for task, gain in zip(tasks, gains, strict=True)},
        "cost": round(float(np.median(cost)), 2),
    }


def _prediction(labels: Sequence[Any]) -> Prediction:
    count = len(labels)
    return Prediction(labels, np.full(count, np.nan), np.ones(count, dtype=bool))


def extremes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The best and the worst third of the arms by their mean gain, with what they need beside."""
    gains: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row["arm"] != "joint":
            gains[row["arm"]].append(row["gain"]["value"])
    order = sorted(gains, key=lambda arm: float(np.mean(gains[arm])))
    third = len(order) // 3
    chosen = {"joint", "alone", "FineTune", *order[:third], *order[len(order) - third :]}
    return [arm.name for arm in ARMS if arm.name in chosen]


def page(found: Mapping[str, Any]) -> list[str]:
    """The page, line by line."""
    rows = found["rows"]
    text = ["# What methods of sharing are worth", "", *_introduction(found), ""]
    text += [
        f"| arm | part | {' | '.join(SETS)} | CPU time |",
        f"|---|---|{'---|' * len(SETS)}---|",
    ]
    for arm in dict.fromkeys(row["arm"] for row in rows):
        mine = [row for row in rows if row["arm"] == arm]
        by_set = {row["set"]: _told(row) for row in mine}
        cost = float(np.mean([row["cost"] for row in mine]))
        against = f" (against {mine[0]['against']})" if mine[0]["against"] != "joint" else ""
        cells = " | ".join(by_set.get(name, "") for name in SETS)
        text.append(
            f"| {arm}{against} | {mine[0]['kind']} {mine[0]['part']} | {cells} | × {cost:.2f} |"
        )
    helps, hurts = _shown(rows, 1), _shown(rows, -1)
    never = [arm for arm in dict.fromkeys(row["arm"] for row in rows) if arm not in helps]
    text += ["", f"Interval above 0 on some set: {_listed(helps)}."]
    text += [f"Interval below 0 on some set: {_listed(hurts)}."]
    text += [f"Not above 0 on any set so far: {_listed(never)}.", ""]
    text += ["## Passed through, not measured", "", *_unmeasured(), ""]
    return [*text, "`polytask recipes NAME` shows each with its arguments, cost and source."]


def _introduction(found: Mapping[str, Any]) -> list[str]:
    sets = [f"- {name}: {text}" for name, text in found["sets"].items()]
    return [
        f"Made by `benchmarks/methods.py` at commit {found['commit']}; at most {TRAIN} training "
        f"and {DEV} dev rows a table, MiniLM and MobileNet. Sets:",
        "",
        *sets,
        "",
        f"Gains in points of the primary metrics on dev, mean over tasks with a 95 % interval "
        f"(seeds), over joint training of the upper layers with equal weights, `{BASE['words']}` "
        f"(scans: `{BASE['scans']}`); arms against FineTune over `{WHOLE['words']}`. No dev row "
        "chose an epoch or a setting; no test row was read. The rates were chosen for the joint "
        "training, not for each arm. With one seed an interval knows the rows alone, and with as "
        "many arms as here one or two leave 0 out by chance: what one seed shows is a hint. "
        "Balancers that compare tasks read rows of every table in each batch, as RLW does, which "
        "weighs at random: what they add to such batches is the difference to RLW.",
    ]


def _told(row: Mapping[str, Any]) -> str:
    gain = {key: 100 * value for key, value in row["gain"].items()}
    return f"{gain['value']:+.1f} [{gain['low']:+.1f}, {gain['high']:+.1f}] ({len(row['seeds'])})"


def _shown(rows: Sequence[Mapping[str, Any]], sign: int) -> list[str]:
    end = "low" if sign > 0 else "high"
    return list(dict.fromkeys(row["arm"] for row in rows if sign * row["gain"][end] > 0))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _unmeasured() -> list[str]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for part in describing.every():
        # What proposers are worth stands in every report: what they promised and what came of it.
        if not part.measured and part.kind != "proposer":
            kinds[part.kind].append(part.name)
    return [f"- {kind}: {', '.join(names)}" for kind, names in kinds.items()]


if __name__ == "__main__":
    main()
