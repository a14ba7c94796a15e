"""Writing a plan: load, profile, let the planner write."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import OutputError
from polytask.workflow.folder import check_new, saving, write_text
from polytask.workflow.remembering import Earlier
from polytask.workflow.remembering import earlier as earlier_runs
from polytask.workflow.settings import OF_MODEL, Options, Settings

DRAFTING = 0.3
"""Share of the budget in which a language model must have given a plan to be written."""

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

    Data in memory are saved too, as parquet files in a folder beside the plan.

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
    from polytask.tasks import load, with_helpers
    from polytask.workflow.machine import check_machine
    from polytask.workflow.programming import check_programs
    from polytask.workflow.wishing import wish

    out = Path(out)
    check_new(out)
    settings = Settings.of(options)
    parsed = parse(budget)
    check_machine(settings)
    settings = wish(source, settings, parsed.seconds).settings
    taskset = load(
        source,
        inputs=settings.inputs,
        targets=settings.targets,
        kinds=settings.kinds,
        seed=settings.seed,
        keep=_data(out),
    )
    taskset = with_helpers(taskset, settings.helpers, seed=settings.seed)
    check_programs(taskset, settings)
    with saving(out, "then give the same command again"):
        out.parent.mkdir(parents=True, exist_ok=True)
        named = _task_file(source)
        written = [] if named else _save(source, taskset, out)
        beside = (named or out.with_name("tasks.yaml")).resolve()
        name = os.path.relpath(beside, out.parent.resolve())
        write_text(out, _planned(taskset, parsed, settings, name))
    return [out, *written]


def _planned(taskset: TaskSet, budget: Budget, settings: Settings, source: str) -> str:
    """The plan to write: with one of the language model in it, if there is one that passes."""
    from polytask.tasks import profile
    from polytask.workflow import drafting

    assistant = drafting.assistant(None, settings.plain())
    write = functools.partial(plan_text, source=source, earlier=earlier_runs(taskset, settings))
    if assistant is None:
        return write(taskset, budget, settings)
    learned = taskset.learned
    told = drafting.brief(assistant, learned, profile(learned), source)
    made = drafting.write(assistant, told, DRAFTING * budget.seconds)
    if made.text:
        return write(taskset, budget, settings, drafted=made.text)
    reason = " ".join(made.reason.split())[:500]
    plain = write(taskset, budget, _without(settings))
    return f"# The language model gave no plan that passes the check: {reason}\n{plain}"


def _without(settings: Settings) -> Settings:
    """The settings without a language model."""
    return Settings.of({k: v for k, v in settings.plain().items() if k not in OF_MODEL})


def plan_text(
    taskset: TaskSet,
    budget: Budget,
    settings: Settings,
    *,
    source: str = "tasks.yaml",
    drafted: str = "",
    earlier: Earlier = Earlier(),  # noqa: B008
) -> str:
    """The built-in planner's program for `taskset`; with plans of a language model if there is one.

    Args:
        taskset: The tasks.
        budget: What the run may take.
        settings: What the user chose.
        source: The task file, relative to the plan.
        drafted: A plan that the language model wrote already; "" lets the program ask for some.
        earlier: What earlier runs say.
    """
    from polytask.planning.writers.at_once import with_workers
    from polytask.planning.writers.preferring import with_preference
    from polytask.planning.writers.proposing import STEPS, STEPS_HERE, with_drafts
    from polytask.planning.writers.rules import write as write_rules
    from polytask.planning.writers.wording import listed, wrap
    from polytask.tasks import profile
    from polytask.workflow.asking import asked
    from polytask.workflow.speeds import costs, encoders_here

    taskset, programs = taskset.learned, list(taskset.programs)
    sure = [name for name in programs if not taskset.origins[name].competes]
    found = replace(
        profile(taskset), recipes=asked(taskset), hints=earlier.hints, answered=tuple(sure)
    )
    text = write_rules(
        found,
        budget=budget,
        source=source,
        costs=costs(settings.threads),
        encoders=encoders_here(taskset, settings),
        margin=settings.margin,
    )
    server = settings.server
    if server is not None:
        text = with_drafts(text, drafted, steps=STEPS_HERE if server.file else STEPS)
    answered = f"Answered by programs: {listed(programs)}. What is trained here is their control."
    told = [*wrap(earlier.told), *(wrap(answered) if programs else [])]
    head = "".join(f"# {line}\n" for line in told)
    if settings.weighs:
        text = with_preference(
            text,
            [found[name] for name in found],
            prefer=settings.prefer,
            bound=settings.bound,
            margin=settings.margin,
        )
    return head + (with_workers(text) if settings.workers > 1 else text)


def _task_file(source: Any) -> Path | None:
    """The task file that the plan can name, if `source` is one."""
    if not isinstance(source, (str, Path)) or Path(source).suffix not in (".yaml", ".yml"):
        return None
    return Path(source)


def _save(source: Any, taskset: TaskSet, out: Path) -> list[Path]:
    """Write the task file, and data that were in memory, beside the plan `out`."""
    from polytask.tasks import write_task_file
    from polytask.tasks.memory_files import in_memory, save

    path = out.with_name("tasks.yaml")
    if path.exists():
        raise OutputError(f"{path} exists and was not touched: give it as SOURCE, or another --out")
    written = [path]
    if in_memory(source):
        save(source, taskset, _data(out))
        written.append(_data(out))
    write_task_file(taskset, path)
    return written


def _data(out: Path) -> Path:
    return out.with_name(f"{out.stem}_data")
