"""`polytask recipes`: all that a plan or a task file can choose from."""

from __future__ import annotations

from typing import Annotated

import typer

from polytask.cli import options


def recipes(
    name: Annotated[str, typer.Argument(help="One part, described in full.")] = "",
    as_json: options.Json = False,
) -> None:
    """Recipes and their parts: what each is for, what it costs, its source, what it gained."""
    from polytask.workflow.describing import every, measured, one

    found = [one(name)] if name else every()
    if as_json:
        import json

        parts = [part.to_json() for part in found]
        shown = {"commit": measured()["commit"], "sets": measured()["sets"], "parts": parts}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    from polytask.cli.parts import part_page, parts_table
    from polytask.cli.progress import console

    console().print(part_page(found[0]) if name else parts_table(found))
