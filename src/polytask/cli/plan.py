"""`polytask plan`: write the plan program without running it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from polytask.cli import options


def plan(
    source: options.Sources,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path("plan.py"),
    budget: Annotated[str, typer.Option(help="The budget to plan for.")] = "5m",
    seed: options.Seed = 0,
    inputs: options.Inputs = [],  # noqa: B006  # typer reads the default, nothing changes it
    targets: options.Targets = [],  # noqa: B006
    kind: options.Kinds = [],  # noqa: B006
    helpers: options.Helpers = [],  # noqa: B006
    prefer: options.Prefer = "accurate",
    max_latency: options.MaxLatency = "",
    workers: options.Workers = 1,
    llm: options.Llm = "",
    llm_model: options.LlmModel = "",
    llm_tokens: options.LlmTokens = 200_000,
    goal: options.Goal = "",
    share_rows: options.ShareRows = False,
) -> None:
    """Write plan.py (and tasks.yaml beside it when there is none); edit it, then run it."""
    from polytask.workflow.planning import write

    for path in write(
        options.source(source),
        out=out,
        budget=budget,
        seed=seed,
        inputs=inputs,
        targets=targets,
        kinds=options.kinds(kind),
        helpers=helpers,
        prefer=prefer,
        max_latency=max_latency,
        workers=workers,
        llm=llm,
        llm_model=llm_model,
        llm_tokens=llm_tokens,
        goal=goal,
        share_rows=share_rows,
    ):
        typer.echo(f"wrote {path}")
    told = f"polytask run {shlex.quote(str(out))} --budget {shlex.quote(budget)}"
    typer.echo(f"run it: {told}{f' --workers {workers}' if workers > 1 else ''}")
