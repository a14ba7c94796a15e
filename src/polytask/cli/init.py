"""`polytask init`: write a commented tasks.yaml for some files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytask._errors import OutputError
from polytask.cli import options


def init(
    source: options.Sources,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path("tasks.yaml"),
    seed: options.Seed = 0,
    inputs: options.Inputs = [],  # noqa: B006  # typer reads the default, nothing changes it
    targets: options.Targets = [],  # noqa: B006
    kind: options.Kinds = [],  # noqa: B006
    helpers: options.Helpers = [],  # noqa: B006
) -> None:
    """Recognise the tasks in some files and write them down, to be read and changed."""
    from polytask.tasks import load, with_helpers, write_task_file
    from polytask.workflow.folder import check_new, saving
    from polytask.workflow.settings import Settings

    if out.suffix.lower() not in (".yaml", ".yml"):
        raise OutputError(f"{out}: a task file is called .yaml or .yml; found {out.suffix!r}")
    check_new(out)
    Settings(seed=seed)  # refuses what a run would refuse
    found = load(
        options.source(source), inputs=inputs, targets=targets, kinds=options.kinds(kind), seed=seed
    )
    found = with_helpers(found, helpers, seed=seed)
    with saving(out, "then give the same command again"):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_task_file(found, out)
    count = "1 task" if len(found) == 1 else f"{len(found)} tasks"
    typer.echo(f"{count} → {out}: {', '.join(found)}")
