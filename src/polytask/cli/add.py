"""`polytask add`: a task more for a finished model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def add(
    run: options.RunFolderPath,
    source: options.Sources,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to make (default: runs/NAME-N).", metavar="DIR")
    ] = None,
    inputs: options.Inputs = [],  # noqa: B006  # typer reads the default, nothing changes it
    targets: options.Targets = [],  # noqa: B006
    kinds: options.Kinds = [],  # noqa: B006
    as_json: options.Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the result alone.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every event.")] = False,
) -> None:
    """Add a task to a finished model, as a new run folder; no old answer changes."""
    from polytask.cli.progress import console, listen
    from polytask.workflow.adding import add as grow

    with listen(quiet=quiet or as_json, verbose=verbose) as listener:
        result = grow(
            run,
            options.source(source),
            out=out,
            inputs=inputs,
            targets=targets,
            kinds=options.kinds(kinds),
            listener=listener,
        )
    if as_json:
        typer.echo((result.path / "report.json").read_text(encoding="utf-8"), nl=False)
    else:
        console().print(result.rendered())
