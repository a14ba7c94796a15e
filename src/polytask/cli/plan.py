"""`polytask plan`: write the plan program without running it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polytask.cli import options

if TYPE_CHECKING:
    from polytask.workflow.settings import Options

_AGAIN = ("seed", "workers", "llm", "llm_model", "llm_tokens", "goal", "share_rows")
"""What a run of the plan must be told once more; all else is said in the plan."""


def plan(
    context: typer.Context,
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
    from polytask.workflow.settings import typed

    chosen: Options = {
        "seed": seed,
        "inputs": inputs,
        "targets": targets,
        "kinds": options.kinds(kind),
        "helpers": helpers,
        "prefer": prefer,
        "max_latency": max_latency,
        "workers": workers,
        "llm": llm,
        "llm_model": llm_model,
        "llm_tokens": llm_tokens,
        "goal": goal,
        "share_rows": share_rows,
    }
    for path in write(options.source(source), out=out, budget=budget, **chosen):
        typer.echo(f"wrote {path}")
    given = options.given(context, chosen)
    again = typed({name: value for name, value in given.items() if name in _AGAIN})
    typer.echo(f"run it: polytask {shlex.join(['run', str(out), '--budget', budget, *again])}")
