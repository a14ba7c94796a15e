"""`polytask check`: what the files hold, and what is wrong with them; trains nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from polytask.cli import options


def check(
    source: options.Sources,
    seed: options.Seed = 0,
    inputs: options.Inputs = [],  # noqa: B006  # typer reads the default, nothing changes it
    targets: options.Targets = [],  # noqa: B006
    kind: options.Kinds = [],  # noqa: B006
    helpers: options.Helpers = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Recognise tasks and report on their data, or check a plan.py without running it."""
    if len(source) == 1 and source[0].suffix == ".py":
        _plan(source[0])
        return
    from polytask.tasks import load, profile, with_helpers
    from polytask.workflow.asking import asked
    from polytask.workflow.programming import check_programs, needs
    from polytask.workflow.settings import Settings

    Settings(seed=seed)  # refuses what a run would refuse
    taskset = load(
        options.source(source), inputs=inputs, targets=targets, kinds=options.kinds(kind), seed=seed
    )
    taskset = with_helpers(taskset, helpers, seed=seed)
    asked(taskset)
    check_programs(taskset)
    taskset = replace(taskset, findings=(*taskset.findings, *needs(taskset)))
    found = profile(taskset)
    if as_json:
        import json

        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
        return
    from polytask.cli.progress import console
    from polytask.cli.tables import profile_tables

    console().print(profile_tables(found))


def _plan(path: Path) -> None:
    from polytask.workflow.checking import check_plan

    check_plan(path)
    typer.echo(f"{path}: the plan parses, its types check and it calls finish; it was not run")
