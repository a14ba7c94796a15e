"""`polytask doctor`: what this machine has, and what is missing."""

from __future__ import annotations

from polytask.cli import options


def doctor(as_json: options.Json = False) -> None:
    """Versions, weights, caches and their sizes, processor features, and known troubles."""
    from polytask.workflow.housekeeping import examine

    found = examine()
    if as_json:
        import json

        import typer

        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from polytask.cli.progress import console
    from polytask.cli.tables import doctor_table

    console().print(doctor_table(found))
