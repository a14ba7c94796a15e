"""Mine the portfolio that polytask ships from cells, on dev alone, and say what it is worth.

    python benchmarks/portfolio.py cells.jsonl [more.jsonl] src/polytask/knowledge/portfolio.json

A cell is a line with `set`, `task`, `most`, `seed`, `facts` (`kind`, `modality`), `sign`, `recipe`,
`together`, `dev`, `test`, `seconds`; those of tasks trained alone count. What is printed goes into
LOG.md: regret on test of the first k of the portfolio with each set of data left out in turn, the
same of the plan's own settings, and what the portfolio adds behind these. It counts as worth trying
early only where the interval of that gain lies above 0, and late where its mean does; else it
proposes nothing. Below three sets nothing is mined.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from polytask.knowledge.portfolio import FORMAT, Cell, cells_of, held_out, mine, regret
from polytask.planning.writers import lengthening
from polytask.planning.writers.ladder import QUICK, SETTINGS
from polytask.workflow.checking import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 5
BEHIND = 2
"""Recipes behind the plan's own."""
SETS = 3
"""Sets of data below which nothing is said: an interval over two has no meaning."""


def main() -> None:
    """Mine, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cells", nargs="+", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    texts = [path.read_text(encoding="utf-8") for path in options.cells]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    for line in lines:
        line["recipe"] = VOCABULARY.canonical(line["recipe"])
    found = {modality: mined(modality, cells) for modality, cells in cells_of(lines).items()}
    for modality, told in found.items():
        print(f"## {modality}\n{json.dumps(told, indent=1)}")
    origin = {
        "script": "benchmarks/portfolio.py",
        "cells": sum(len(cells) for cells in cells_of(lines).values()),
        "digest": hashlib.blake2b("".join(texts).encode(), digest_size=8).hexdigest(),
    }
    shown = {"format": FORMAT, "origin": origin, **found}
    options.out.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")


def mined(modality: str, cells: Sequence[Cell]) -> dict[str, Any]:
    """The portfolios of a modality with what they are worth on sets that they were not mined on."""
    own = [VOCABULARY.canonical(recipe) for recipe in _fixed(modality)]
    groups = sorted({cell.group for cell in cells})
    found: dict[str, Any] = {
        "sets": groups,
        "tasks": len({cell.task for cell in cells}),
        "order": [],
        "behind": [],
        "worth": False,
    }
    if len(groups) < SETS:
        return found
    found["order"] = [asdict(pick) for pick in mine(cells, MOST)]
    found["order_per_second"] = [asdict(pick) for pick in mine(cells, MOST, per_second=True)]
    found["behind"] = [asdict(pick) for pick in mine(cells, BEHIND, own)]
    found["regret"] = {
        "portfolio": {k: spread(held_out(cells, k)) for k in range(1, MOST + 1)},
        "per_second": {k: spread(held_out(cells, k, per_second=True)) for k in range(1, MOST + 1)},
        "own": {k: spread(_own(cells, own[:k])) for k in range(1, len(own) + 1)},
    }
    before = _own(cells, own)
    gains = {
        k: spread(
            {group: before[group] - after for group, after in held_out(cells, k, own).items()}
        )
        for k in range(1, BEHIND + 1)
    }
    found["gain_behind"] = gains
    found["worth"] = gains[BEHIND][1] > 0
    if gains[BEHIND][0] <= 0:
        found["behind"] = []
    return found


def _fixed(modality: str) -> list[str]:
    """The settings of a plan before any portfolio."""
    longer = [lengthening.SETTING] if lengthening.SETTING.modality == modality else []
    return [*QUICK[modality], *(one.recipe for one in (*SETTINGS[modality], *longer))]


def spread(by_set: Mapping[str, float]) -> list[float]:
    """Mean over sets with its 95 % t-interval, in points: mean, low, high."""
    values = 100 * np.array(list(by_set.values()))
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return [
        round(float(value), 2)
        for value in (values.mean(), values.mean() - half, values.mean() + half)
    ]


def _own(cells: Sequence[Cell], recipes: Sequence[str]) -> dict[str, float]:
    groups = {cell.group: [one for one in cells if one.group == cell.group] for cell in cells}
    return {group: regret(of, recipes) for group, of in sorted(groups.items())}


if __name__ == "__main__":
    main()
