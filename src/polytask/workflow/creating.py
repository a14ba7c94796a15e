"""The start of a run: everything the user may have got wrong, checked before a folder is made."""

from __future__ import annotations

import shlex
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import ConfigError, command
from polytask.workflow.drafting import EXCHANGES
from polytask.workflow.folder import RunFolder, write_text
from polytask.workflow.planning import plan_text
from polytask.workflow.programming import check_programs, kept_programs, kept_steps
from polytask.workflow.remembering import Earlier, earlier
from polytask.workflow.sketching import sketch
from polytask.workflow.wishing import wish

if TYPE_CHECKING:
    from polytask.tasks.task import TaskSet
    from polytask.workflow.settings import Settings
    from polytask.workflow.wishing import Wished


def create(
    source: Any, budget: str | float, out: str | Path | None, settings: Settings
) -> RunFolder:
    """Check everything, then make the run folder with task file and plan.

    Args:
        source: As `workflow.running.run`, but no run folder.
        budget: Time of the whole run.
        out: The folder to make; `None` takes a free one below `runs`.
        settings: What the user chose.

    Raises:
        UserError: The data, an option, the plan or the run folder must change; nothing is made.
    """
    from polytask.planning.budget import parse
    from polytask.workflow.asking import check_losses
    from polytask.workflow.machine import check_encoders, check_machine

    parsed = parse(budget)
    _check_no_run(source)
    plan = _plan(source)
    data, text, named = _read_plan(plan) if plan else (source, "", "tasks.yaml")
    _check_helpers(plan, settings)
    _check_weighing(plan, settings)
    folder = RunFolder(Path(out) if out is not None else free(source))
    folder.check_free()
    check_machine(settings)
    wished = wish(data, settings, parsed.seconds)
    settings = wished.settings
    taskset = _loaded(data, settings, folder)
    with tempfile.TemporaryDirectory() as place:
        if not plan:
            taskset, wished = _sketched(taskset, wished, parsed.seconds, Path(place))
        check_programs(taskset, settings)
        check_losses(taskset.learned)
        check_encoders(taskset.learned, settings)
        parsed.require(smallest(taskset))
        said = Earlier() if text else earlier(taskset, settings)
        text = text or plan_text(taskset, parsed, settings, earlier=said)
        run_json = _run_json(source, parsed.seconds, (folder, named), taskset, wished)
        run_json |= {"proposed": [one.recipe for one in said.hints]} if said.hints else {}
        with folder.created(run_json):
            _fill(folder, data, taskset, text)
    wished.exchanges.move(folder.path / EXCHANGES)
    return folder


def _sketched(
    taskset: TaskSet, wished: Wished, seconds: float, place: Path
) -> tuple[TaskSet, Wished]:
    """The tasks with a program of the language model, and what it did in one text."""
    taskset, told = sketch(taskset, wished.settings, seconds, wished.exchanges, place)
    return taskset, replace(wished, told=". ".join(filter(None, (wished.told, told))))


def _loaded(data: Any, settings: Settings, folder: RunFolder) -> TaskSet:
    from polytask.tasks import load, with_helpers

    taskset = load(
        data,
        inputs=settings.inputs,
        targets=settings.targets,
        kinds=settings.kinds,
        seed=settings.seed,
        keep=folder.data,
    )
    return with_helpers(taskset, settings.helpers, seed=settings.seed)


def _run_json(
    source: Any, seconds: float, names: tuple[RunFolder, str], taskset: TaskSet, wished: Wished
) -> dict[str, Any]:
    """What `run.json` holds of a new run; `names` are its folder and that of its task file."""
    folder, named = names
    return {
        "state": "started",
        "source": shown(source),
        "tasks_named": named,
        "place": str(folder.path.resolve()),
        "budget_seconds": seconds,
        "settings": kept(wished.settings),
        **({"wished": wished.told} if wished.told else {}),
        # The task file states every kind; why it was recognised stands here.
        "reasons": {name: taskset[name].reason for name in taskset},
    }


def kept(settings: Settings) -> dict[str, Any]:
    """The settings as `run.json` keeps them: a resume elsewhere has the same number format."""
    from polytask.learning.precision import resolve

    # What a GPU can do is asked of torch, which is not loaded yet.
    dtype = resolve(settings.dtype) if settings.device == "cpu" else settings.dtype
    return settings.plain() | {"dtype": dtype}


def smallest(taskset: TaskSet) -> float:
    """The smallest budget that ends in a model: start, one cheap part a task, the report."""
    served = {taskset[name].table for name in taskset}
    rows = sum(len(taskset.tables[name].frame) for name in served)
    return 10.0 + rows / 2000.0


def shown(source: Any) -> str:
    """A source as it is typed on the command line; "memory" where it cannot be.

    >>> shown(["a b.csv", "c.csv"]), shown([{"text": "a"}])
    ("'a b.csv' c.csv", 'memory')
    """
    from polytask.tasks.memory_files import in_memory

    if in_memory(source):
        return "memory"
    paths = [source] if isinstance(source, (str, Path)) else source
    return shlex.join(str(path) for path in paths)


def _check_no_run(source: Any) -> None:
    for path in source if isinstance(source, (list, tuple)) else []:
        if isinstance(path, (str, Path)) and RunFolder(Path(path)).exists:
            raise ConfigError(
                f"{path} is a run folder, which goes on alone and is no data: "
                f"{command('run', path)}"
            )


def _check_helpers(plan: Path | None, settings: Settings) -> None:
    helpers: Any = settings.helpers  # names by now
    if plan and helpers:
        raise ConfigError(
            f"{plan} says itself what is trained with what; found `helpers` "
            f"{shlex.join(helpers)!r}: name them under `helpers` in its task file, and "
            "train with them in the plan"
        )


def _check_weighing(plan: Path | None, settings: Settings) -> None:
    if plan and settings.weighs:
        name = "prefer" if settings.prefer != "accurate" else "max_latency"
        raise ConfigError(
            f"{plan} says itself which parts answer; found `{name}` {getattr(settings, name)!r}: "
            "give it to `polytask plan`, which writes a plan that weighs size and time"
        )


def _plan(source: Any) -> Path | None:
    if isinstance(source, (list, tuple)) and len(source) == 1:
        source = source[0]
    if isinstance(source, (str, Path)) and Path(source).suffix == ".py":
        return Path(source)
    return None


def _read_plan(plan: Path) -> tuple[Path, str, str]:
    """The task file that a plan names, its text, and the name as the plan writes it."""
    from polytask.planning.checks import read
    from polytask.workflow.checking import check_plan, task_file, task_source

    text = read(plan)
    check_plan(plan)
    return task_file(text, plan), text, task_source(text, plan)


def _fill(folder: RunFolder, data: Any, taskset: TaskSet, text: str) -> None:
    from polytask.tasks import write_task_file
    from polytask.tasks.memory_files import in_memory, save

    if in_memory(data):
        save(data, taskset, folder.data)
    kept = kept_steps(kept_programs(taskset, folder), folder)
    write_task_file(kept, folder.task_file)
    write_text(folder.plan, text)


def free(source: Any) -> Path:
    """A run folder below `runs` that is not there yet, named after a source."""
    first = source[0] if isinstance(source, (list, tuple)) and source else source
    name = Path(first).resolve().name if isinstance(first, (str, Path)) else "memory"
    stem = name.partition(".")[0] or "run"
    number = 1
    while Path("runs", f"{stem}-{number}").exists():
        number += 1
    return Path("runs", f"{stem}-{number}")
