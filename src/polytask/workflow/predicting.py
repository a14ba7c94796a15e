"""Answers for files of new rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import ConfigError, DataError, OutputError
from polytask.tasks.task import Inputs
from polytask.workflow.folder import RunFolder, saving

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from polytask.evaluation.prediction import Prediction
    from polytask.learning.model import Model
    from polytask.tasks.task import Column, Task

_WRITERS = (".csv", ".tsv", ".jsonl", ".parquet")


def predict_file(
    run: Path,
    rows: Path | None,
    out: Path | None,
    *,
    tasks: Sequence[str],
    probabilities: bool = False,
) -> int:
    """Write the answers of the model in `run` for each row of a file; gives the number of rows.

    For each task a column of its name is added (`NAME_answer` where the file has that column
    already), `NAME_confidence`, and `NAME_sure` where the model may say "not sure".

    Args:
        run: A finished run folder.
        rows: csv, tsv, jsonl or parquet (also .gz); `None` reads jsonl from standard input.
        out: csv, tsv, jsonl or parquet; `None` writes jsonl to standard output.
        tasks: Names of tasks; empty means every task whose input columns the file has.
        probabilities: Add a column `NAME_probabilities` with label → probability.

    Raises:
        OutputError: `out` exists or cannot be written, or `run` holds no model.
        ConfigError: Unknown task, or columns are missing.
    """
    _check_out(out)
    frame, base = _read(rows)
    model = load_model(run)
    names = _fitting(model, frame, tasks)
    frame = frame.with_columns(answers(model, frame, names, base=base, probabilities=probabilities))
    _write(frame, out)
    return len(frame)


def load_model(run: Path) -> Model:
    """The model of a finished run.

    Raises:
        OutputError: `run` is no run folder, or it has no model yet.
    """
    folder = RunFolder(run)
    folder.settings()
    if not folder.model.is_dir():
        raise OutputError(f"{run} has no model yet: `polytask run {run}` finishes the run")
    from polytask.learning.model import Model

    return Model.load(folder.model)


def answers(
    model: Model,
    frame: pl.DataFrame,
    names: Sequence[str],
    *,
    base: Path,
    probabilities: bool = False,
) -> list[pl.Series]:
    """Columns with the answers of `names`, a value a row; null where an input is missing."""
    import polars as pl

    columns: list[pl.Series] = []
    for group in _groups(model, names):
        inputs, index = inputs_of(frame, model.tasks[group[0]].inputs, base)
        found = model.predict(inputs, group)
        for name in group:
            shown = f"{name}_answer" if name in frame.columns else name
            spread = _spread(found[name], index, len(frame))
            columns.append(pl.Series(shown, spread["labels"], strict=False))
            if model.tasks[name].kind != "regression":
                columns.append(pl.Series(f"{name}_confidence", spread["confidence"]))
                columns.append(pl.Series(f"{name}_sure", spread["sure"]))
            if probabilities and found[name].probabilities is not None:
                texts = _probabilities(model.tasks[name], found[name])
                filled: list[str | None] = [None] * len(frame)
                for i, text in zip(index, texts, strict=True):
                    filled[i] = text
                columns.append(pl.Series(f"{name}_probabilities", filled, dtype=pl.String))
    return columns


def inputs_of(
    frame: pl.DataFrame, columns: Sequence[Column], base: Path
) -> tuple[Inputs, list[int]]:
    """The inputs in `frame` and the numbers of the rows that have all of them.

    Args:
        frame: Rows as read from a file.
        columns: The columns wanted.
        base: Folder that image paths are relative to.
    """
    names = [column.name for column in columns]
    rows = frame.select(names).rows()
    index = [i for i, row in enumerate(rows) if all(value not in (None, "", []) for value in row)]
    values: dict[str, Any] = {}
    for position, column in enumerate(columns):
        values[column.name] = [_value(rows[i][position], column, base) for i in index]
    return Inputs(tuple(columns), values), index


def _value(value: Any, column: Column, base: Path) -> Any:
    if column.modality == "image":
        return value if isinstance(value, bytes) else base / str(value)
    if column.tokens:
        return value if isinstance(value, list) else str(value).split()
    return str(value)


def _check_out(out: Path | None) -> None:
    if out is None:
        return
    if out.suffix not in _WRITERS:
        raise OutputError(
            f"{out}: answers are written as {', '.join(_WRITERS)}; found {out.suffix!r}"
        )
    if out.exists():
        raise OutputError(f"{out} exists and was not touched: choose another --out")


def _read(rows: Path | None) -> tuple[pl.DataFrame, Path]:
    from polytask.tasks.files import read

    if rows is None:
        return _standard_input(), Path.cwd()
    return read(rows).frame, rows.parent


def _standard_input() -> pl.DataFrame:
    import polars as pl

    found = []
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise DataError(
                f"standard input, line {number}: not JSON ({error}); one object a line"
            ) from error
    if not found or not all(isinstance(row, dict) for row in found):
        raise DataError('standard input holds no rows: one JSON object a line, like {"text": "…"}')
    return pl.DataFrame(found, infer_schema_length=None, strict=False)


def _fitting(model: Model, frame: pl.DataFrame, tasks: Sequence[str]) -> list[str]:
    for name in tasks:
        if name not in model.tasks:
            raise ConfigError(f"The model has no task {name!r}: {nearest(name, model.tasks)}")
    missing: dict[str, list[str]] = {}
    for name in tasks or list(model.tasks):
        wanted = [column.name for column in model.tasks[name].inputs]
        missing[name] = [column for column in wanted if column not in frame.columns]
    fitting = [name for name, absent in missing.items() if not absent]
    if not fitting or (tasks and len(fitting) < len(missing)):
        name, absent = next((name, absent) for name, absent in missing.items() if absent)
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


def _spread(found: Prediction, index: Sequence[int], count: int) -> dict[str, list[Any]]:
    spread: dict[str, list[Any]] = {key: [None] * count for key in ("labels", "confidence", "sure")}
    for place, row in enumerate(index):
        spread["labels"][row] = found.labels[place]
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


def _write(frame: pl.DataFrame, out: Path | None) -> None:
    import polars as pl

    if out is None:
        for row in frame.iter_rows(named=True):
            sys.stdout.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
        return
    with saving(out.parent):
        temporary = out.with_name(f"{out.name}.tmp")
        if out.suffix == ".parquet":
            frame.write_parquet(temporary)
        elif out.suffix == ".jsonl":
            with temporary.open("w", encoding="utf-8") as file:
                for row in frame.iter_rows(named=True):
                    file.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
        else:
            lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
            flat = frame.with_columns(
                pl.Series(name, [_cell(value) for value in frame[name].to_list()]) for name in lists
            )
            flat.write_csv(temporary, separator="\t" if out.suffix == ".tsv" else ",")
        temporary.replace(out)


def _cell(value: list[Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> str:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)
