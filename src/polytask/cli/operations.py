"""`polytask operations`: all that is needed to write a plan, as one document."""

from __future__ import annotations

import typer

from polytask.cli import options


def operations(as_stubs: options.Stubs = False) -> None:
    """Print operations, recipes, their parts and an example: what a plan program can say."""
    from polytask.planning.stubs import reference, stubs
    from polytask.workflow.checking import VOCABULARY

    typer.echo(stubs(VOCABULARY) if as_stubs else reference(VOCABULARY), nl=False)
