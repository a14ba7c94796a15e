"""`polytask knowledge`: what earlier runs are remembered by, and forgetting it."""

from __future__ import annotations

from typing import Annotated

import typer

from polytask.cli import options


def knowledge(
    forget: Annotated[
        str | None,
        typer.Option("--forget", help="Forget a run, by its id or name, or all.", metavar="RUN"),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """What earlier runs taught, and what later plans took from it; --forget RUN or all."""
    from polytask.workflow.remembering import is_on, model_of_runs, store

    kept = store()
    if forget is not None:
        count = kept.forget(forget)
        typer.echo(kept.problem or f"forgot {count} run{'' if count == 1 else 's'}")
        raise typer.Exit(1 if kept.problem else 0)
    found = kept.records()
    if as_json:
        import json

        shown = {"path": str(kept.path), "bytes": kept.bytes, "on": is_on()}
        shown |= {"problem": kept.problem, "runs": [record.to_json() for record in found]}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    from polytask.cli.progress import console
    from polytask.cli.remembered import knowledge_table

    model = model_of_runs() if found else ""
    console().print(knowledge_table(kept, found, is_on=is_on(), model=model))
