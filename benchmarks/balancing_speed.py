"""What a balancer costs: a step of training with it against a plain step, at four tasks.

    python benchmarks/balancing_speed.py DATA [--rounds 30] [--per-parameter]

Rows of snips (intent and slots), sst and wnut17 in batches as in training, MiniLM, one thread. In
each round every arm makes a step, each time in another order; the figure is the median over the
rounds of its CPU seconds divided by those of "plain", the sum of the losses of the same batch, with
a bootstrap interval. "apart" is the sum over batches that hold rows of one table each, as balancers
get them that do not compare: other rows, so the sums of the seconds are divided.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from methods import read

from polytask._catalogue import Spec
from polytask.learning.balancing import BALANCERS
from polytask.learning.balancing.equal import Equal
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.precision import settle
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run, _set_training
from polytask.learning.weights import find

if TYPE_CHECKING:
    from polytask.learning.balancing.balancer import Balancer

ARMS = ("FAMO", "PCGrad", "MGDA", "CAGrad", "NashMTL", "UPGrad", "AlignedMTL")


class Mixed(Equal):
    """The plain sum over batches with rows of every table."""

    compares: ClassVar[bool] = True


def main() -> None:
    """Time every arm and print a JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--per-parameter", action="store_true")
    options = parser.parse_args()
    runs = started(options.data, per_parameter=options.per_parameter)
    seconds = timed(runs, options.rounds)
    for name, found in seconds.items():
        low, middle, high = interval(found, seconds["plain"], paired=name != "apart")
        step = float(found.mean())
        line = {"arm": name, "times": round(middle, 3), "low": round(low, 3)}
        print(json.dumps({**line, "high": round(high, 3), "cpu_seconds": round(step, 4)}))


def started(data: Path, *, per_parameter: bool) -> dict[str, Run]:
    """By arm a run over one and the same encoder and heads."""
    tasks, fold = read(data, "words")
    context = Context(seed=0, threads=1)
    dtype = settle(context)
    encoder = TextEncoder.load(str(find("minilm")))
    encoder.freeze(0)
    encoder.set_dropout(0.1)
    part = NeuralPart(
        encoder, {task.name: head_for(task, encoder.dim) for task in tasks}, dtype=dtype
    )
    arms: dict[str, Balancer] = {"apart": Equal(), "plain": Mixed()}
    for name in ARMS:
        looks = any(item.name == "per_parameter" for item in fields(BALANCERS.load(name)))
        given = {"per_parameter": True} if per_parameter and looks else {}
        arms[name] = BALANCERS.build(Spec(name, given))
    return {name: Run(part, fold, context, FineTune(balancer=arm)) for name, arm in arms.items()}


def timed(runs: dict[str, Run], rounds: int) -> dict[str, np.ndarray]:
    """CPU seconds by arm and round, after three rounds that do not count."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    batches = {name: run._batches(0) for name, run in runs.items()}
    _set_training(next(iter(runs.values())).part)
    for number in range(rounds + 3):
        for name in np.random.default_rng(number).permutation(list(runs)):
            batch = batches[name][number % len(batches[name])]
            began = time.process_time()
            runs[name].update(batch, number)
            found[name].append(time.process_time() - began)
    return {name: np.array(values[3:]) for name, values in found.items()}


def interval(seconds: np.ndarray, plain: np.ndarray, *, paired: bool) -> tuple[float, float, float]:
    """The ratio with a 95 % interval, by bootstrap over the rounds."""

    def ratio(rows: np.ndarray) -> float:
        if paired:
            return float(np.median(seconds[rows] / plain[rows]))
        return float(seconds[rows].sum() / plain[rows].sum())

    every = np.arange(len(plain))
    draws = np.random.default_rng(0).choice(every, (2000, len(every)))
    low, high = np.quantile([ratio(rows) for rows in draws], [0.025, 0.975])
    return float(low), ratio(every), float(high)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
