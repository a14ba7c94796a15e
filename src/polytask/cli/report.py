"""`polytask report`: show the report of a finished run again."""

from __future__ import annotations

import typer

from polytask.cli import options


def report(run: options.RunFolderPath, as_json: options.Json = False) -> None:
    """Show the sentence, the table, and where model and HTML report lie."""
    from polytask.workflow.result import Result

    result = Result.load(run)
    if as_json:
        typer.echo((run / "report.json").read_text(encoding="utf-8"), nl=False)
        return
    from polytask.cli.progress import console

    console().print(result.rendered())
