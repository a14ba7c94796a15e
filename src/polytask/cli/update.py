"""`polytask update`: more rows for tasks of a finished model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def update(
    run: options.RunFolderPath,
    rows: Annotated[Path, typer.Argument(help="Labelled rows with the run's columns.")],
    tasks: Annotated[
        list[str], typer.Option("--task", help="A task that the rows are of (repeatable).")
    ] = [],  # noqa: B006  # typer reads the default, nothing changes it
    budget: options.RefitBudget = None,
    out: options.NewRun = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Learn more rows of old tasks, as a new run folder; what would be worse keeps its answers."""
    from polytask.cli.progress import listen, print_result
    from polytask.workflow.updating import update as learn

    with listen(quiet=quiet or as_json, verbose=verbose) as listener:
        result = learn(run, rows, tasks=tasks, budget=budget, out=out, listener=listener)
    print_result(result, as_json=as_json)
