"""`polytask predict`: answers for new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def predict(
    run: options.RunFolderPath,
    rows: Annotated[
        Path | None,
        typer.Argument(
            help="csv, tsv, jsonl or parquet (or .gz); absent: jsonl on standard input."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="csv, tsv, jsonl or parquet file to write; absent: jsonl to the screen."),
    ] = None,
    task: Annotated[
        list[str],
        typer.Option("--task", help="A task (repeatable); default: every task the rows fit."),
    ] = [],  # noqa: B006  # typer reads the default, nothing changes it
    probabilities: Annotated[
        bool, typer.Option(help="Add the probability of every label.")
    ] = False,
    trace: Annotated[
        bool, typer.Option(help="Add the steps of every answer that a program gives.")
    ] = False,
) -> None:
    """Answer every task for each row, other columns kept; each part runs once per row."""
    from polytask.workflow.predicting import predict_file

    found = predict_file(run, rows, out, tasks=task, probabilities=probabilities, trace=trace)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if out is not None:
        typer.echo(f"{found.rows} rows → {out}", err=True)
