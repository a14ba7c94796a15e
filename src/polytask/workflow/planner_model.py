"""The planner as a polytask model: learned from finished runs, used where it beats the rules.

A table of what runs are remembered by, with one text input, and three tasks on it: the best recipe
for a task (multiclass), what a pair of tasks gained by sharing (regression), the logarithm of the
seconds of a training (regression). `TfidfLinear` learns all three; before a plan is
written the first alone, since a plan waits for it. Each run in turn is held out,
with all others on the same data: only if the recipe that the model names first is nearer to the
best of that run on dev than the one that the rules name first, by more than chance, is the model
asked for new tasks. What it proposes is a candidate, as any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from polytask.knowledge import propose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from polytask.knowledge import Facts, Record
    from polytask.learning.part import Part
    from polytask.tasks.task import Inputs, Kind, TaskSet

FEWEST = 8
"""Runs on different data below which nothing is fitted: an interval over fewer says little."""
LATEST = 40
"""Runs that are learned from."""
_INPUT = "facts"
_KINDS: dict[str, Kind] = {"best": "multiclass", "gain": "regression", "seconds": "regression"}

Row: TypeAlias = dict[str, "str | float | None"]
Rules: TypeAlias = "Mapping[str, Sequence[str]]"


@dataclass(frozen=True)
class Advice:
    """What the model of earlier runs is worth, and what it proposes.

    Args:
        told: A sentence for people, beginning "used" or "not used".
        recipes: By what reads the tasks asked about ("text" or "image") what it names for them, the
            most often named first; empty where it is not used.
    """

    told: str
    recipes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def advise(records: Sequence[Record], facts: Sequence[Facts], rules: Rules) -> Advice:
    """Ask the model of `records` for recipes, if it beats the rules on runs held out.

    Args:
        records: Finished runs.
        facts: The tasks to name recipes for.
        rules: By what reads a task the recipes that the rules try, in their order, in canonical
            text form.
    """
    latest = list(records)[-LATEST:]
    count = len({_data(record) for record in latest})
    if count < FEWEST:
        return Advice(f"not used: it needs runs on {FEWEST} different data, here are {count}")
    missed = held_out(latest, rules)
    if len(missed) < FEWEST:
        return Advice(
            f"not used: it can be judged on {len(missed)} of the data, where the rules' "
            f"first setting and another were tried; {FEWEST} are needed"
        )
    mean, half = _spread([by_rules - by_model for by_model, by_rules in missed])
    lacks = [_points(_mean([one[who] for one in missed])) for who in (0, 1)]
    figures = (
        f"on {len(missed)} data held out its first recipe lacks {lacks[0]} points of the best on "
        f"dev, that of the rules {lacks[1]} (difference {_points(mean, '+')}, "
        f"{_points(mean - half, '+')} to {_points(mean + half, '+')})"
    )
    if not mean - half > 0:
        return Advice(f"not used: {figures}")
    model = _naming(latest)
    named = {
        reads: [model.likeliest(one)[0] for one in facts if one.reads == reads] for reads in rules
    }
    first = {
        reads: sorted(set(of), key=lambda one: (-of.count(one), one)) for reads, of in named.items()
    }
    return Advice(f"used: {figures}", first)


def held_out(records: Sequence[Record], rules: Rules) -> list[tuple[float, float]]:
    """By data held out what the first recipe of the model, and of the rules, lacks to the best.

    On dev, alone, on the mean over the tasks that tried the first setting of the rules and another:
    what a plan tries anyway, the quick models, must not make the rules look bad.
    """
    found = []
    for data in sorted({_data(record) for record in records}):
        others = [record for record in records if not data & _data(record)]
        model = _naming(others)
        if not model.knows("best"):
            continue
        missed = [
            _missed(record, place, model.likeliest, others, rules)
            for record in records
            if _data(record) == data
            for place in range(len(record.tasks))
            if _is_judge(record, place, rules)
        ]
        if missed:
            found.append((_mean([one[0] for one in missed]), _mean([one[1] for one in missed])))
    return found


def errors(records: Sequence[Record]) -> dict[str, tuple[float, float, int]]:
    """By "gain" and "seconds" the mean absolute error on data held out: model, mean, and rows.

    The mean is that of the runs learned from; seconds are natural logarithms.
    """
    found: dict[str, list[tuple[float, float]]] = {"gain": [], "seconds": []}
    for data in sorted({_data(record) for record in records}):
        others = rows([record for record in records if not data & _data(record)])
        asked = rows([record for record in records if _data(record) == data])
        model = _Model(others)
        for target, pairs in found.items():
            known = _numbers(others, target)
            judged = [one for one in asked if one[target] is not None]
            if not known or not judged or not model.knows(target):
                continue
            answers = model.numbers(target, [str(one[_INPUT]) for one in judged])
            for truth, answer in zip(_numbers(judged, target), answers, strict=True):
                pairs.append((abs(truth - answer), abs(truth - _mean(known))))
    return {
        target: (_mean([p[0] for p in pairs]), _mean([p[1] for p in pairs]), len(pairs))
        for target, pairs in found.items()
        if pairs
    }


def rows(records: Sequence[Record]) -> list[Row]:
    """The table: a row for each task, each task of a compared pair, each training."""
    found: list[Row] = []
    for record in records:
        lines = [line(facts) for facts in record.tasks]
        best = {place: record.best(place) for place in range(len(lines))}
        found += [_row(lines[place], best=recipe) for place, recipe in best.items() if recipe]
        for gain in record.gains:
            if len(gain.tasks) == 2:
                one, other = gain.tasks
                found += [
                    _row(f"{lines[a]} with {lines[b]}", gain=gain.gains[a])
                    for a, b in ((one, other), (other, one))
                    if a in gain.gains
                ]
        for done in record.candidates:
            learned = " and ".join(lines[place] for place in done.tasks)
            seconds = math.log(max(done.seconds, 0.1))
            found.append(_row(f"{done.recipe} on {learned}", seconds=seconds))
    return found


def line(facts: Facts) -> str:
    """The facts of a task as words; counts by their power of two.

    >>> from polytask.knowledge import Facts
    >>> line(Facts("binary", "accuracy", "text", "en", 1000, 2, 20.0))
    'binary text en rows10 classes1 words4'
    """
    counts = {"rows": facts.rows, "classes": facts.classes, "words": facts.length}
    sizes = (f"{name}{round(math.log2(max(count, 1)))}" for name, count in counts.items())
    return " ".join((facts.kind, facts.modality, facts.language or "none", *sizes))


class _Model:
    """A part that answers what can be learned of `Row`s: a target that varies."""

    def __init__(self, table: Sequence[Row]) -> None:
        self.taskset = _taskset(table)
        self.part: Part | None = None
        if len(self.taskset):
            from polytask.learning.recipes.recipe import Context
            from polytask.learning.recipes.tfidf_linear import TfidfLinear

            names = list(self.taskset)
            tasks = [self.taskset[name] for name in names]
            fold = self.taskset.fold(names)
            self.part = TfidfLinear(strength=1.0).fit(tasks, fold, Context(threads=1))

    def knows(self, target: str) -> bool:
        """Whether it answers `target`."""
        return target in self.taskset.tasks

    def numbers(self, target: str, lines: Sequence[str]) -> list[float]:
        """Answers of a regression."""
        return [float(str(answer)) for answer in self._answers(target, lines).labels]

    def likeliest(self, facts: Facts) -> list[str]:
        """Recipes for a task, the likeliest to be the best first."""
        shares: Any = self._answers("best", [line(facts)]).probabilities
        labels = self.taskset["best"].labels
        order = np.argsort(-np.asarray(shares)[0], kind="stable")
        return [labels[number] for number in order]

    def _answers(self, target: str, lines: Sequence[str]) -> Any:
        from polytask.evaluation.decisions import decide

        assert self.part is not None
        scores = self.part.scores(_inputs(lines), [target])[target]
        return decide(self.taskset[target], scores)


def _naming(records: Sequence[Record]) -> _Model:
    """The model that names recipes."""
    return _Model([row for row in rows(records) if row["best"] is not None])


def _taskset(table: Sequence[Row]) -> TaskSet:
    """The table as a set of tasks, all of it to learn from."""
    import polars as pl

    from polytask.tasks.task import METRICS, Column, Table, Task, TaskSet

    columns = (Column(_INPUT),)
    tasks = {}
    for name, kind in _KINDS.items():
        values = {row[name] for row in table if row[name] is not None}
        if len(values) > 1:
            labels = tuple(sorted(map(str, values))) if kind == "multiclass" else ()
            tasks[name] = Task(name, "runs", columns, name, kind, METRICS[kind][0], labels)
    texts = {"facts": pl.String, "best": pl.String, "gain": pl.Float64, "seconds": pl.Float64}
    split = np.full(len(table), "train")
    frame = pl.DataFrame(list(table), schema=texts)
    return TaskSet(tasks, {"runs": Table("runs", columns, frame, (split,), split)})


def _inputs(lines: Sequence[str]) -> Inputs:
    from polytask.tasks.task import Column, Inputs

    return Inputs((Column(_INPUT),), {_INPUT: list(lines)})


def _numbers(table: Sequence[Row], target: str) -> list[float]:
    return [float(str(row[target])) for row in table if row[target] is not None]


def _row(text: str, **targets: str | float) -> Row:
    return {_INPUT: text, "best": None, "gain": None, "seconds": None, **targets}


def _data(record: Record) -> frozenset[str]:
    """The data of a run; of one that does not know them the run itself."""
    return frozenset(facts.data or record.run for facts in record.tasks)


def _is_judge(record: Record, place: int, rules: Rules) -> bool:
    tried = record.scores(place).get((place,), {})
    return len(tried) > 1 and any(one in tried for one in rules[record.tasks[place].reads][:1])


def _missed(
    record: Record,
    place: int,
    likeliest: Callable[[Facts], Sequence[str]],
    others: Sequence[Record],
    rules: Rules,
) -> tuple[float, float]:
    """What the first recipe of the model and of the rules, of those tried, lacks to the best."""
    tried = record.scores(place)[(place,)]
    facts = record.tasks[place]
    known = rules[facts.reads]
    rest = [*(one.recipe for one in propose([facts], others, known)), *known]
    by_rules = _first(rest, tried)
    by_model = _first([*likeliest(facts), *rest], tried)
    best = max(tried.values())
    return best - by_model, best - by_rules


def _first(recipes: Sequence[str], tried: Mapping[str, float]) -> float:
    """The result of the first recipe that was tried; of the worst where none was."""
    return next((tried[one] for one in recipes if one in tried), min(tried.values()))


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half of the 95 % t-interval."""
    from scipy import stats

    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
    return float(np.mean(values)), float(half)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _points(value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}"
