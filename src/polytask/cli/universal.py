"""`polytask universal`: a universal Turing machine whose table is a trained model."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from polytask.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console
    from rich.table import Table


def universal(
    out: Annotated[
        Path, typer.Option(help="Folder to make, for certificate and models.", metavar="DIR")
    ] = Path("runs/universal"),
    models: Annotated[
        Path | None,
        typer.Option(help="Check and run these models instead of training.", metavar="DIR"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="The shortest run alone: seconds, not minutes.")
    ] = False,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Train the table of a universal Turing machine and run programs on the model, checked."""
    from polytask.cli.progress import console
    from polytask.universal.proving import CERTIFICATE, prove

    with _bar(console(stderr=True)) as tell:
        proof = prove(out, models=models, quick=quick, seed=seed, tell=tell)
    if as_json:
        typer.echo((proof.folder / CERTIFICATE).read_text(encoding="utf-8"), nl=False)
        return
    screen = console()
    screen.print(_table(proof.certificate))
    screen.print(f"Shown: {proof.certificate['shown']}")
    screen.print(f"Not shown: {proof.certificate['not_shown']}")
    screen.print(f"Certificate: {proof.folder / CERTIFICATE}")


@contextmanager
def _bar(screen: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Shows what is being done: a bar on a terminal, else a line for each thing."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = ""
    told = 0.0
    with Progress(
        *columns, TimeElapsedColumn(), console=screen, disable=not screen.is_terminal
    ) as bar:
        number = bar.add_task("")

        def tell(text: str, done: int, of: int) -> None:
            nonlocal shown, told
            if text != shown:
                shown = text
                bar.reset(number, description=text, total=of or None)
                if not screen.is_terminal:
                    screen.print(text)
            if time.monotonic() - told > 0.1:  # a step takes a millisecond, drawing it more
                told = time.monotonic()
                bar.update(number, completed=done)

        yield tell


def _table(certificate: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table("machine", "entries right", "program", "steps", "equal", "model", "seconds")
    for run in certificate["runs"]:
        machine = certificate["machines"][run["machine"]]
        table.add_row(
            run["machine"],
            f"{machine['entries']} of {machine['entries']}",
            run["name"],
            f"{run['steps']:,}",
            f"{run['steps_compared']:,}",
            run["answers"],
            f"{certificate['timing'][run['name'] + ' seconds']:.1f}",
        )
    return table
