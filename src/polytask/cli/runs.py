"""`polytask runs`: the run folders below a folder, and room to be had back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def runs(
    folder: Annotated[Path, typer.Argument(help="Where to look.")] = Path("runs"),
    clean: Annotated[
        bool, typer.Option("--clean", help="Empty the cache of features and forget the memo.")
    ] = False,
    older: Annotated[
        int, typer.Option(help="With --clean: what was not used for so many days.")
    ] = 30,
    keep: Annotated[
        float | None, typer.Option(help="With --clean: megabytes of features kept at most.")
    ] = None,
) -> None:
    """List runs with their state and sentence; --clean empties old caches (never a run)."""
    from polytask.cli.progress import console
    from polytask.cli.tables import runs_table
    from polytask.workflow.housekeeping import clean_caches, find_runs

    if clean:
        freed = clean_caches(days=older, megabytes=keep)
        typer.echo(f"freed {freed / 1e6:.1f} MB of caches")
        return
    console().print(runs_table(find_runs(folder)))
