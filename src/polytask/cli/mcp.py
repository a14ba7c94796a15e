"""`polytask mcp`: a server through which an assistant checks, plans, runs, follows and reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mcp(
    root: Annotated[
        Path, typer.Option(help="The folder that no path may leave.", metavar="DIR")
    ] = Path(),
    max_budget: Annotated[str, typer.Option(help="The longest budget of a run.")] = "30m",
    share_rows: Annotated[
        bool, typer.Option("--share-rows", help="Let answers hold cells of your rows.")
    ] = False,
) -> None:
    """Serve an assistant over standard input and output (Model Context Protocol; extra mcp)."""
    from polytask.assistant.limits import Limits
    from polytask.assistant.server import serve

    serve(Limits(root, max_budget, share_rows))
