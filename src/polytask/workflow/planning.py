"""Writing a plan: load, profile, let the planner write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import OutputError
from polytask.workflow.folder import check_new, saving, write_text
from polytask.workflow.settings import Options, Settings

if TYPE_CHECKING:
    from typing import Unpack

    from polytask.planning.budget import Budget
    from polytask.tasks.task import TaskSet


def write(
    source: Any,
    *,
    out: str | Path = "plan.py",
    budget: str | float = "5m",
    **options: Unpack[Options],
) -> list[Path]:
    """Write a plan for `source`, and `tasks.yaml` beside it when there is none.

    Args:
        source: Files, a folder, a task file, data frames or lists of dicts.
        out: The plan file to write.
        budget: The budget to plan for.
        options: As in `Settings`.

    Returns:
        The files written.

    Raises:
        OutputError: `out` exists or cannot be written.
        DataError: The data cannot be used.
    """
    from polytask.planning.budget import parse
    from polytask.tasks import load, write_task_file
    from polytask.workflow.machine import check_machine

    out = Path(out)
    check_new(out)
    settings = Settings.of(options)
    parsed = parse(budget)
    check_machine(settings)
    taskset = load(
        source,
        inputs=settings.inputs,
        targets=settings.targets,
        kinds=settings.kinds,
        seed=settings.seed,
    )
    written = [out]
    with saving(out, "then give the same command again"):
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = _beside(source, out)
        if beside is None:
            beside = out.with_name("tasks.yaml")
            if beside.exists():
                raise OutputError(
                    f"{beside} exists and was not touched: give it as SOURCE, or another --out"
                )
            write_task_file(taskset, beside)
            written.append(beside)
        name = beside.name if beside.parent == out.parent else str(beside)
        write_text(out, plan_text(taskset, parsed, settings, source=name))
    return written


def plan_text(
    taskset: TaskSet, budget: Budget, settings: Settings, *, source: str = "tasks.yaml"
) -> str:
    """The built-in planner's program for `taskset`."""
    from polytask.planning.writers.rules import write as write_rules
    from polytask.tasks import profile
    from polytask.workflow.speeds import costs, encoders_here

    return write_rules(
        profile(taskset),
        budget=budget,
        source=source,
        costs=costs(settings.threads),
        encoders=encoders_here(taskset, settings),
        margin=settings.margin,
    )


def _beside(source: Any, out: Path) -> Path | None:
    """The task file that the plan can name, if `source` is one."""
    if not isinstance(source, (str, Path)) or Path(source).suffix not in (".yaml", ".yml"):
        return None
    path = Path(source)
    return (
        out.parent / path.name if path.resolve().parent == out.resolve().parent else path.resolve()
    )
