"""`polytask evaluate`: a finished model on other labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from polytask.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping


def evaluate(
    run: options.RunFolderPath,
    rows: Annotated[Path, typer.Argument(help="Labelled rows with the run's columns.")],
    as_json: options.Json = False,
) -> None:
    """Measure every task whose columns the file has, with intervals."""
    from polytask.workflow.evaluating import evaluate as measure

    found = measure(run, rows)
    tell_notes(found)
    if as_json:
        import json

        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from polytask.cli.progress import console
    from polytask.cli.tables import evaluation_table

    console().print(evaluation_table(found))


def tell_notes(found: Mapping[str, Any]) -> None:
    """Print what was noticed about the rows to the error stream, each note once."""
    for note in dict.fromkeys(note for task in found.values() for note in task["notes"]):
        typer.echo(f"note: {note}", err=True)
