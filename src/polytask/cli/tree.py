"""`polytask tree`: the candidates of a run with scores, costs and reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def tree(
    run: Annotated[Path, typer.Argument(help="A run folder, finished or not.", metavar="DIR")],
    page: Annotated[
        Path | None, typer.Option("--html", help="Write an HTML page.", metavar="FILE")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show what a run tried as a tree: results on dev, seconds, what became of it and why."""
    from polytask.workflow.tree import tree as grown

    found = grown(run)
    if page is not None:
        from polytask.evaluation.rendering.tree import html
        from polytask.workflow.folder import check_new, saving, write_text

        check_new(page, "--html")
        with saving(page, "then give the same command again", option="--html"):
            write_text(page, html(found))
        typer.echo(f"wrote {page}")
    elif as_json:
        import json

        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        from polytask.cli.progress import console
        from polytask.evaluation.rendering.tree import terminal

        console().print(terminal(found))
