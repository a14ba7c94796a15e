"""Finished models on other labelled rows: one alone, or two against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polytask._errors import ConfigError
from polytask.evaluation.certificate import certify
from polytask.evaluation.interval import Pair, interval
from polytask.evaluation.metrics import summary
from polytask.workflow.predicting import inputs_of, load_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from polytask.evaluation.prediction import Prediction
    from polytask.learning.model import Model
    from polytask.tasks.task import Target, Task


def evaluate(run: Path, rows: Path, *, seed: int = 0) -> dict[str, Any]:
    """Every task of the model in `run` that `rows` has inputs and labels for, measured.

    Args:
        run: A finished run folder.
        rows: Labelled rows; the columns named like the task's inputs and target.
        seed: Seed of the bootstrap.

    Returns:
        By task `{kind, metric, rows, value, low, high, metrics}`; fractions 0–1.

    Raises:
        ConfigError: The rows fit no task.
    """
    model = load_model(run)
    frame = _frame(rows)
    found = {}
    for name in _labelled(model, frame, rows):
        task = model.tasks[name]
        truth, answers = _answers(model, task, frame, rows.parent)
        measured = interval(task, truth, answers, seed=seed)
        found[name] = {
            "kind": task.kind,
            "metric": task.metric,
            "rows": len(truth),
            "value": measured.value,
            "low": measured.low,
            "high": measured.high,
            "metrics": summary(task, truth, answers),
        }
    return found


def compare(
    first: Path, second: Path, rows: Path, *, margin: float = 0.01, seed: int = 0
) -> dict[str, Any]:
    """The model in `first` against the one in `second` on the same labelled rows, task by task.

    Args:
        first: A finished run folder.
        second: Another; tasks are matched by name.
        rows: Labelled rows with the columns of both.
        margin: δ of "no worse", as a fraction.
        seed: Seed of the bootstrap.

    Returns:
        By task `{metric, rows, a, b, gain{value, low, high}, verdict, rows_needed}`.

    Raises:
        ConfigError: The models share no task that the rows fit.
    """
    a, b = load_model(first), load_model(second)
    frame = _frame(rows)
    pairs = {}
    for name in _labelled(a, frame, rows):
        if name not in b.tasks or b.tasks[name].kind != a.tasks[name].kind:
            continue
        truth, mine = _answers(a, a.tasks[name], frame, rows.parent)
        _, other = _answers(b, b.tasks[name], frame, rows.parent)
        pairs[name] = Pair(a.tasks[name], truth, mine, other)
    if not pairs:
        raise ConfigError(
            f"The models share no task that {rows} has labels for: A has {', '.join(a.tasks)}; "
            f"B has {', '.join(b.tasks)}"
        )
    verdicts = certify(pairs, margin=margin, seed=seed)
    return {name: _compared(pairs[name], verdicts[name], seed) for name in pairs}


def _compared(pair: Any, verdict: Any, seed: int) -> dict[str, Any]:
    return {
        "metric": pair.task.metric,
        "rows": len(pair.targets),
        "a": interval(pair.task, pair.targets, pair.shared, seed=seed).value,
        "b": interval(pair.task, pair.targets, pair.control, seed=seed).value,
        "gain": {
            "value": verdict.gain.value,
            "low": verdict.gain.low,
            "high": verdict.gain.high,
        },
        "verdict": verdict.verdict,
        "rows_needed": verdict.rows_needed,
    }


def _frame(rows: Path) -> pl.DataFrame:
    from polytask.tasks.files import read

    return read(rows).frame


def _labelled(model: Model, frame: pl.DataFrame, rows: Path) -> list[str]:
    def fits(task: Task) -> bool:
        wanted = {column.name for column in task.inputs} | {task.target}
        return wanted <= set(frame.columns)

    fitting = [name for name, task in model.tasks.items() if fits(task)]
    if not fitting:
        wanted = {n: [*(c.name for c in t.inputs), t.target] for n, t in model.tasks.items()}
        raise ConfigError(
            f"{rows} has labels for no task of this model. Its columns: "
            f"{', '.join(frame.columns)}; wanted: "
            + "; ".join(f"{name}: {', '.join(columns)}" for name, columns in wanted.items())
        )
    return fitting


def _answers(
    model: Model, task: Task, frame: pl.DataFrame, base: Path
) -> tuple[list[Target], Prediction]:
    truth = [_target(value, task) for value in frame[task.target].to_list()]
    kept = [i for i, target in enumerate(truth) if target is not None]
    inputs, index = inputs_of(frame[kept], task.inputs, base)
    answers = model.predict(inputs, [task.name])[task.name]
    targets: Sequence[Target | None] = [truth[kept[i]] for i in index]
    return [target for target in targets if target is not None], answers


def _target(value: Any, task: Task) -> Target | None:
    if value is None or value in ("", []):
        return None
    if task.kind == "regression":
        return float(value)
    if task.kind in ("multilabel", "tagging"):
        return [str(item) for item in value]
    return str(value)
