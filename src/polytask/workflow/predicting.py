"""Answers for files of new rows."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from polytask._catalogue import nearest
from polytask._errors import ConfigError, OutputError, command
from polytask.tasks.files import read
from polytask.tasks.loading_inputs import usable
from polytask.workflow.folder import RunFolder
from polytask.workflow.row_files import check_out, read_standard_input, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.learning.model import Model
    from polytask.tasks.files_raw import Raw
    from polytask.tasks.loading_inputs import Usable
    from polytask.tasks.task import Column, Task


_DTYPES: dict[str, pl.DataType] = {
    "regression": pl.Float64(),
    "multilabel": pl.List(pl.String),
    "tagging": pl.List(pl.String),
}
"""Types of answers; text where none is named."""


@dataclass(frozen=True)
class Predicted:
    """What became of a file of rows.

    Args:
        rows: How many rows were written.
        notes: What a person should know: rows that could not be read, rows without an answer.
        columns: The columns of answers.
    """

    rows: int
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def predict_file(
    run: Path,
    rows: Path | None,
    out: Path | None,
    *,
    tasks: Sequence[str],
    probabilities: bool = False,
    trace: bool = False,
) -> Predicted:
    """Write the answers of the model in `run` for each row of a file.

    For each task a column of its name is added (`NAME_answer` where the file has that column
    already), `NAME_confidence`, and `NAME_sure` where the model may say "not sure". A row without
    a usable input is kept, with empty answers.

    Args:
        run: A finished run folder.
        rows: csv, tsv, jsonl or parquet (also .gz); `None` reads jsonl from standard input.
        out: csv, tsv, jsonl or parquet; `None` writes jsonl to standard output.
        tasks: Names of tasks; empty means every task whose input columns the file has.
        probabilities: Add a column `NAME_probabilities` with label → probability.
        trace: Add a column `NAME_trace` with the steps of the program that answers NAME, a line
            each; of tasks that no program answers there is none.

    Raises:
        OutputError: `out` exists or cannot be written, or `run` holds no model.
        ConfigError: Unknown task, or columns are missing.
        DataError: The rows cannot be read.
    """
    check_out(out)
    check_run(run)
    raw, base = read_standard_input() if rows is None else (_read_all(rows), rows.parent)
    model = load_model(run)
    names = _fitting(model, raw.frame, tasks)
    if trace:
        _check_traced(model, names)
    notes = [f.message for f in raw.findings if f.severity == "warning"]
    columns: list[pl.Series] = []
    for group in _groups(model, names):
        found = usable(raw.frame, model.tasks[group[0]].inputs, base)
        notes += _made_anew(model.tasks[group[0]], raw)
        notes += _unanswered(found, raw, group) + _halved(found, raw, group)
        columns += answers(model, raw.frame, group, found, probabilities=probabilities, trace=trace)
    write_rows(raw.frame.with_columns(columns), out)
    return Predicted(len(raw.frame), tuple(notes), tuple(column.name for column in columns))


def check_run(run: str | Path) -> None:
    """Refuse a folder without a model.

    Raises:
        ConfigError: `run` is no path.
        OutputError: `run` is no run folder, or it has no model yet.
    """
    if not isinstance(run, (str, Path)):
        raise ConfigError(
            f"A run is given by the path of its folder; found {type(run).__name__}. A result knows "
            "it as `result.path`; a loaded model answers rows with `model.answer(rows)`"
        )
    folder = RunFolder(Path(run))
    folder.settings()
    if not folder.model.is_dir():
        raise OutputError(f"{run} has no model yet: {command('run', run)} finishes the run")


def load_model(run: str | Path) -> Model:
    """The model of a finished run; its programs may ask the language model of the run.

    Raises:
        OutputError: `run` is no run folder, or it has no model yet.
    """
    check_run(run)
    from polytask.learning.model import Model
    from polytask.workflow.consulting import advised

    folder = RunFolder(Path(run))
    return advised(Model.load(folder.model), folder)


def answers(
    model: Model,
    frame: pl.DataFrame,
    names: Sequence[str],
    rows: Usable,
    *,
    probabilities: bool = False,
    trace: bool = False,
) -> list[pl.Series]:
    """Columns with the answers of `names` (tasks on one input); null where it is missing."""
    columns: list[pl.Series] = []
    index = rows.index
    programs = [name for name in names if trace and _is_program(model, name)]
    steps = {name: model.traced(rows.inputs, name) for name in programs if index}
    others = [name for name in names if name not in steps]
    found = model.predict(rows.inputs, others) if index and others else {}
    found |= {name: prediction for name, (prediction, _) in steps.items()}
    for name in names:
        shown, rest = _shown(name, frame.columns)
        spread = _spread(found.get(name), index, len(frame))
        kind = _DTYPES.get(model.tasks[name].kind, pl.String())
        if model.tasks[name].kind == "program":
            spread["labels"] = [None if v is None else _json(v) for v in spread["labels"]]
        columns.append(pl.Series(shown, spread["labels"], kind))
        if model.tasks[name].kind not in ("regression", "program"):
            columns.append(pl.Series(f"{rest}_confidence", spread["confidence"], pl.Float64))
            columns.append(pl.Series(f"{rest}_sure", spread["sure"], pl.Boolean))
        if probabilities and name in found and found[name].probabilities is not None:
            texts = _probabilities(model.tasks[name], found[name])
            filled: list[str | None] = [None] * len(frame)
            for i, text in zip(index, texts, strict=True):
                filled[i] = text
            columns.append(pl.Series(f"{rest}_probabilities", filled, dtype=pl.String))
        if name in programs:
            lines = [one.lines() for one in steps[name][1]] if name in steps else []
            told = dict(zip(index, lines, strict=True))
            shown_lines = [told.get(row) for row in range(len(frame))]
            columns.append(pl.Series(f"{rest}_trace", shown_lines, dtype=pl.List(pl.String)))
    return columns


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _is_program(model: Model, task: str) -> bool:
    from polytask.learning.program_part import ProgramPart

    return isinstance(model.parts[model.routing[task]], ProgramPart)


def _check_traced(model: Model, names: Sequence[str]) -> None:
    if not any(_is_program(model, name) for name in names):
        raise ConfigError(
            f"No program answers {', '.join(names)}, so there are no steps to trace: each is "
            "answered in one"
        )


def _shown(task: str, columns: Sequence[str]) -> tuple[str, str]:
    """The name of the column of answers, and what the names of those beside it begin with.

    No column of the rows is replaced, even where they are the answers of an earlier call.

    >>> _shown("mood", ["text"]), _shown("mood", ["text", "mood", "mood_sure"])
    (('mood', 'mood'), ('mood_answer', 'mood_answer'))
    """
    free, number = task, 1
    while free in columns:
        free = f"{task}_answer" if number == 1 else f"{task}_answer_{number}"
        number += 1
    beside = {f"{task}_{word}" for word in ("confidence", "sure", "probabilities", "trace")}
    return free, free if beside & set(columns) else task


def _read_all(rows: Path) -> Raw:
    """The rows of a file without a sample: each of them is to be answered."""
    return read(rows, max_bytes=sys.maxsize, max_rows=sys.maxsize)


def _halved(found: Usable, raw: Raw, names: Sequence[str]) -> list[str]:
    rows = found.halved
    if not rows:
        return []
    listed = ", ".join(raw.place(row) for row in rows[:5])
    return [
        f"{len(rows):,} rows lack one of their inputs and are answered for {', '.join(names)} by "
        f"the rest: {listed}"
    ]


def _made_anew(task: Task, raw: Raw) -> list[str]:
    names = [column.name for column in task.inputs if column.code]
    given = [name for name in names if name in raw.frame.columns]
    return [f"{', '.join(given)}: made by the model's code; the cells were not read"] * bool(given)


def _unanswered(found: Usable, raw: Raw, names: Sequence[str]) -> list[str]:
    if not found.problems:
        return []
    first = list(found.problems.items())[:5]
    listed = ", ".join(f"{raw.place(row)} ({why})" for row, why in first)
    return [f"{len(found.problems):,} rows have no answer for {', '.join(names)}: {listed}"]


def _fitting(model: Model, frame: pl.DataFrame, tasks: Sequence[str]) -> list[str]:
    for name in tasks:
        if name not in model.tasks:
            raise ConfigError(f"The model has no task {name!r}: {nearest(name, model.tasks)}")
    lacking = {name: model.tasks[name].lacking(frame.columns) for name in tasks or model.tasks}
    fitting = [name for name, absent in lacking.items() if not absent]
    if not fitting or (tasks and len(fitting) < len(lacking)):
        name, absent = next((name, absent) for name, absent in lacking.items() if absent)
        raise ConfigError(
            f"The task {name!r} needs the column {absent[0]!r}, which the rows lack: "
            f"{nearest(absent[0], frame.columns)}"
        )
    return fitting


def _groups(model: Model, names: Sequence[str]) -> list[list[str]]:
    grouped: dict[tuple[Column, ...], list[str]] = {}
    for name in names:
        grouped.setdefault(model.tasks[name].inputs, []).append(name)
    return list(grouped.values())


def _spread(found: Prediction | None, index: Sequence[int], count: int) -> dict[str, list[Any]]:
    spread: dict[str, list[Any]] = {key: [None] * count for key in ("labels", "confidence", "sure")}
    if found is None:
        return spread
    for place, row in enumerate(index):
        label = found.labels[place]
        spread["labels"][row] = None if label == "" else label  # a program had no answer
        spread["confidence"][row] = round(float(found.confidence[place]), 6)
        spread["sure"][row] = bool(found.sure[place])
    return spread


def _probabilities(task: Task, found: Prediction) -> list[str]:
    texts = []
    for row in found.probabilities if found.probabilities is not None else []:
        if task.kind == "tagging":
            value: Any = [dict(zip(task.labels, map(_short, token), strict=True)) for token in row]
        else:
            value = dict(zip(task.labels, map(_short, row), strict=True))
        texts.append(json.dumps(value, ensure_ascii=False))
    return texts


def _short(value: float) -> float:
    return round(float(value), 6)
