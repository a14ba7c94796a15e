"""`polytask compare`: two finished models on the same labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options
from polytask.cli.evaluate import tell_notes


def compare(
    first: Annotated[Path, typer.Argument(help="A finished run folder.", metavar="DIR_A")],
    second: Annotated[Path, typer.Argument(help="Another one.", metavar="DIR_B")],
    rows: Annotated[Path, typer.Argument(help="Labelled rows with both runs' columns.")],
    margin: Annotated[float, typer.Option(help="Margin of 'no worse', as a fraction.")] = 0.01,
    as_json: options.Json = False,
) -> None:
    """Hold DIR_A against DIR_B task by task: gain, interval, verdict."""
    from polytask.workflow.evaluating import compare as hold

    found = hold(first, second, rows, margin=margin)
    tell_notes(found)
    if as_json:
        import json

        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from polytask.cli.progress import console
    from polytask.cli.tables import comparison_table

    console().print(comparison_table(found))
