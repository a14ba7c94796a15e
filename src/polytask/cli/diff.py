"""`polytask diff`: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def diff(
    first: Annotated[Path, typer.Argument(help="A finished run folder.", metavar="DIR_A")],
    second: Annotated[Path, typer.Argument(help="Another one.", metavar="DIR_B")],
    as_json: options.Json = False,
) -> None:
    """Show what differs between two runs: plans, options, results, candidates."""
    from polytask.workflow.diffing import diff as hold

    found = hold(first, second)
    if as_json:
        import json

        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
        return
    from polytask.cli.progress import console
    from polytask.cli.side_by_side import side_by_side

    console().print(side_by_side(found))
