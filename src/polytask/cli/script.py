"""`polytask script`: what was trained, as a program without polytask."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def script(
    run: options.RunFolderPath,
    task: Annotated[
        str, typer.Option(help="A task; needed where several parts answer the tasks.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="File to make (default: NAME.py in the run folder).")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Run it where polytask is not, and compare its figures."),
    ] = False,
) -> None:
    """Write the training of a part as a plain program, without polytask, that reproduces it."""
    from polytask.workflow import scripting

    path = scripting.script(run, task=task, out=out)
    lines = len(path.read_text(encoding="utf-8").splitlines())
    typer.echo(f"{path}  {lines} lines")
    if not verify:
        return
    found = scripting.verify(run, path)
    for one in found:
        said = one.reported
        typer.echo(
            f"{one.task}: {said.metric} {one.found:.4f}, the report says {said.value:.4f} "
            f"({said.low:.4f} to {said.high:.4f}): {_SAID[one.verdict]}"
        )
    if any(one.verdict == "outside" for one in found):
        raise typer.Exit(1)


_SAID = {
    "identical": "identical",
    "within": "within its interval",
    "outside": "outside of its interval",
}
