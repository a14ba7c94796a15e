"""The sentence a run ends in: true in every case, and short.

It is put together from clauses, each of which is left out when its figures are missing. Ratios
come from figures in the report and are given only when both sides answer the same tasks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from polytask.evaluation.report.naming import in_points, metric_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.report.run import ModelReport, Report
    from polytask.evaluation.report.task import TaskReport

_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SAID = {
    "better": "better",
    "no worse": "shown no worse",
    "worse": "worse",
    "apart": "kept apart",
}
_LISTED = 2  # undecided tasks named with their own figures; more are summed up
_EQUAL = 1.05  # ratios closer to one than this are called equal


def sentence(report: Report, *, speed: bool = False) -> str:
    """What the run shows, in one sentence.

    Args:
        report: The measured run.
        speed: Whether to speak of latency as well; it is measured by the clock, so the sentence
            stored in the report (outside `timing`) leaves it out.

    Example:
        "9 tasks, 1 model: 8× smaller and 7× faster than nine; 3 tasks better, 5 shown no worse,
        1 kept apart; poem_sentiment cannot be decided with 104 test rows, about 1,450 more would."
    """
    done = {name: task for name, task in report.tasks.items() if task.status == "ok"}
    if not done:
        return f"{_count(len(report.tasks), 'task')}, none could be evaluated: {_failures(report)}."
    head = _one(*next(iter(done.items()))) if len(done) == 1 else _several(report, done, speed)
    clauses = [
        head,
        _weighed(report, speed),
        _verdicts(done, together=_shares(report)),
        _undecided(done),
        _unlearned(done),
        _uncontrolled(done),
        _failures(report),
    ]
    return "; ".join(clause for clause in clauses if clause) + "."


def with_sentences(report: Report) -> Report:
    """The report with `sentence` and `timing.sentence` filled in."""
    timing = replace(report.timing, sentence=sentence(report, speed=True))
    return replace(report, sentence=sentence(report), timing=timing)


def ratio(ours: float | None, theirs: float | None) -> tuple[str, int]:
    """How many times less ours is than theirs, as text, and whether it is less (1), more (−1).

    >>> ratio(10, 83), ratio(30, 20), ratio(100, 101), ratio(0, 5)
    (('8.3', 1), ('1.5', -1), ('', 0), ('', 0))
    """
    if not ours or not theirs:
        return "", 0
    larger = max(ours / theirs, theirs / ours)
    if larger < _EQUAL:
        return "", 0
    text = f"{larger:,.0f}" if larger >= 9.95 else f"{larger:.1f}".removesuffix(".0")
    return text, 1 if theirs > ours else -1


def unit(task: TaskReport) -> str:
    """On how much test data a task's figures stand, e.g. "104 test rows" or "43 patients"."""
    rows = "out-of-fold row" if task.folds > 1 else "test row"
    if task.groups and task.group:
        return _count(task.groups, _noun(task.group))
    return _count(task.n_test, rows)


def _one(name: str, task: TaskReport) -> str:
    if task.value is None:
        return f"1 task, 1 model: {name} has no value on {unit(task)}"
    percent = in_points(task.metric)
    ends = ""
    if task.low is not None and task.high is not None:
        ends = f" ({_figure(task.low, percent)}–{_figure(task.high, percent)})"
    value = _figure(task.value, percent)
    helped = f", helped by {_listed(task.learned_with)}" if task.learned_with else ""
    found = f"{name} has {metric_name(task.metric)} {value}{ends} on {unit(task)}"
    return f"1 task, 1 model: {found}{helped}"


def _several(report: Report, done: Mapping[str, TaskReport], speed: bool) -> str:
    every = len(report.tasks)
    count = f"{len(done)} of {every} tasks" if every > len(done) else _count(every, "task")
    parts = report.model.parts if report.model else ()
    if not _shares(report):
        helped = [name for name, task in done.items() if task.learned_with]
        others = f", {_listed(helped)} helped by others" if helped else ""
        what = "nothing shared: " if not helped else ""
        return f"{count}, {what}each keeps a part of its own{others}"
    model = "1 model" if len(parts) == 1 else f"1 model of {_word(len(parts))} parts"
    comparison = _comparison(report, done, speed)
    return f"{count}, {model}" + (f": {comparison}" if comparison else "")


def _shares(report: Report) -> bool:
    return any(len(part.tasks) > 1 for part in (report.model.parts if report.model else ()))


def _answered(model: ModelReport) -> set[str]:
    return {task for part in model.parts for task in part.tasks}


def _comparison(report: Report, done: Mapping[str, TaskReport], speed: bool) -> str:
    """Size and speed against the controls together; empty unless both answer the same tasks."""
    if not (report.model and report.controls) or any(t.control is None for t in done.values()):
        return ""
    answered = _answered(report.controls)
    if answered != _answered(report.model):
        return ""
    said = [_side(ratio(report.model.bytes, report.controls.bytes), ("smaller", "larger"))]
    latency = report.timing.latency
    if speed and latency:
        said.append(_side(ratio(latency.model, latency.controls), ("faster", "slower")))
    signs = {sign for text, sign in said if text}
    joined = (" but " if len(signs) > 1 else " and ").join(text for text, _ in said if text)
    others = _word(len(answered))
    return f"{joined} than {others}" if joined else f"as large as {others}"


def _side(found: tuple[str, int], words: tuple[str, str]) -> tuple[str, int]:
    text, sign = found
    return (f"{text}× {words[0] if sign > 0 else words[1]}", sign) if text else ("", 0)


def _weighed(report: Report, speed: bool) -> str:
    """Why this model, where size or time counted too; times are told with `speed` alone."""
    front = report.front
    if front is None:
        return ""
    said = []
    if front.prefer == "small" and front.chosen:
        best = min(front.offers, key=lambda one: (one.loss, one.bytes))
        text, sign = ratio(front.chosen.bytes, best.bytes)
        said += [f"chosen for size, {text}× smaller than the best on dev"] if sign > 0 else []
    if front.prefer == "fast" and front.chosen:
        said += ["chosen for speed"]
    row = report.timing.latency.row if report.timing.latency else None
    if speed and front.bound is not None and row is not None:
        met = "" if row <= front.bound else ", so the bound is not met"
        said += [f"one row takes {row:.3g} ms of at most {front.bound:g}{met}"]
    return ", ".join(said)


def _verdicts(done: Mapping[str, TaskReport], *, together: bool) -> str:
    if all(task.verdict == "apart" for task in done.values()):
        return "every answer is that of the task's own control" if together else ""
    said: list[str] = []
    for verdict, word in _SAID.items():
        count = sum(task.verdict == verdict for task in done.values())
        if count:
            noun = "" if said else " task" if count == 1 else " tasks"
            said.append(f"{count}{noun} {word}")
    return ", ".join(said)


def _undecided(done: Mapping[str, TaskReport]) -> str:
    open_ = {name: task for name, task in done.items() if task.verdict == "not decidable"}
    if len(open_) <= _LISTED:
        return "; ".join(_undecidable(name, task) for name, task in open_.items())
    needed = [task.rows_needed for task in open_.values() if task.rows_needed]
    more = ""
    if needed:
        low, high = min(needed), max(needed)
        span = f"{rounded(low)}" if low == high else f"{rounded(low)} to {rounded(high)}"
        more = f", {span} more rows would"
    return f"{len(open_)} cannot be decided with their test rows{more}"


def _undecidable(name: str, task: TaskReport) -> str:
    if not task.rows_needed:
        return f"{name} cannot be decided with {unit(task)}"
    rows = " rows" if task.groups and task.group else ""
    more = f"about {rounded(task.rows_needed)} more{rows} would"
    return f"{name} cannot be decided with {unit(task)}, {more}"


def _unlearned(done: Mapping[str, TaskReport]) -> str:
    """Tasks whose interval reaches down to the floor: nothing is shown to have been learned."""
    flat = {name: task for name, task in done.items() if _reaches_floor(task)}
    if len(flat) > _LISTED:
        return f"{len(flat)} are not shown to beat a constant answer"
    return "; ".join(
        f"{name} is not shown to beat a constant answer with {unit(task)}"
        for name, task in flat.items()
    )


def _reaches_floor(task: TaskReport) -> bool:
    if task.floor is None or task.low is None or task.high is None:
        return False
    return task.low <= task.floor if task.higher_is_better else task.high >= task.floor


def _uncontrolled(done: Mapping[str, TaskReport]) -> str:
    without = [name for name, task in done.items() if task.control is None]
    if not without or len(done) == 1:
        return ""
    if len(without) == len(done):
        return "no controls could be afforded, so nothing is claimed about sharing"
    return f"no control could be afforded for {_listed(without)}"


def _failures(report: Report) -> str:
    failed = [name for name, task in report.tasks.items() if task.status != "ok"]
    return f"{_listed(failed)} failed" if failed else ""


def _listed(names: Sequence[str], most: int = 3) -> str:
    """Names joined by commas; all beyond `most` are counted.

    >>> _listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _word(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else f"{count:,}"


def _noun(column: str) -> str:
    """What a grouping column counts, in the singular.

    >>> _noun("patient_id"), _noun("Speaker")
    ('patient', 'Speaker')
    """
    stem = column
    for ending in ("_id", "-id", "_ID", "Id"):
        stem = stem.removesuffix(ending)
    return stem.replace("_", " ").removesuffix("s") or "group"


def _figure(value: float, percent: bool) -> str:
    return f"{100 * value:.1f}" if percent else f"{value:#.3g}".rstrip(".")


def rounded(rows: int) -> str:
    """Rows to two or three figures: the number is an estimate.

    >>> rounded(1447), rounded(83), rounded(12345)
    ('1,450', '83', '12,300')
    """
    step = 10 ** max(0, len(str(rows)) - 3) if rows >= 1000 else 1
    return f"{round(rows / step) * step:,}"
