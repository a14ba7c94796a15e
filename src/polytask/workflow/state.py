"""What the worker knows between operations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._home import home
from polytask.learning.recipes.recipe import Context
from polytask.workflow.folder import RunFolder
from polytask.workflow.keys import training_seed
from polytask.workflow.lineage import NO_LINEAGE, Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from polytask.planning.programs.advising import Adviser
    from polytask.tasks.task import TaskSet


@dataclass
class State:
    """The run as the worker sees it.

    Args:
        folder: The run folder.
        settings: Seed, encoder, device, threads, dtype, margin, fresh: what the user chose.
        emit: Takes events.
        pace: By recipe how long its last fit took against its estimate; corrects the next one.
        calm_pace: The same without what the fit waited for other work.
    """

    folder: RunFolder
    settings: Mapping[str, Any]
    emit: Callable[[Mapping[str, Any]], None]
    pace: dict[str, float] = field(default_factory=dict)
    calm_pace: dict[str, float] = field(default_factory=dict)

    @classmethod
    def start(cls, settings: Mapping[str, Any], emit: Callable[[Mapping[str, Any]], None]) -> State:
        """The state at the start of a worker; loads nothing yet."""
        return cls(RunFolder(Path(settings["folder"])), settings, emit)

    @cached_property
    def taskset(self) -> TaskSet:
        """The task set of the run, read on first use, with the reasons found when it was made."""
        from polytask.tasks import load

        found = load(self.folder.task_file, seed=int(self.settings["seed"]))
        # A run that another grows into is marked at its end.
        facts = self.folder.settings() if self.folder.exists else {}
        return with_reasons(found, facts.get("reasons", {}))

    @cached_property
    def adviser(self) -> Adviser:
        """The language model that programs may ask; it has a share of the budget's time."""
        from polytask.workflow import consulting
        from polytask.workflow.programming import ASKING

        run_json = self.folder.settings()
        seconds = ASKING * float(run_json["budget_seconds"])
        return consulting.of_run(self.folder, run_json["settings"], seconds)

    def part_folder(self, part: str) -> Path:
        """Where the part of the handle `part` is saved."""
        return self.folder.parts / part / "part"

    def settings_of(self, repeat: int) -> Mapping[str, Any]:
        """The settings of a training: the run's; a repeat has another seed, on the same splits."""
        return {**self.settings, "seed": training_seed(int(self.settings["seed"]), repeat)}

    def context(
        self, checkpoint: Path | None = None, repeat: int = 0, lineage: Lineage = NO_LINEAGE
    ) -> Context:
        """The context of a fit under this run's settings."""
        return Context(
            seed=self.settings_of(repeat)["seed"],
            encoder=str(self.settings["encoder"]),
            image_encoder=str(self.settings["image_encoder"]),
            device=str(self.settings["device"]),
            threads=int(self.settings["threads"]),
            dtype=str(self.settings["dtype"]),
            cache=home() / "features",
            start=self.part_folder(lineage.start) if lineage.start else None,
            teachers={task: self.part_folder(part) for task, part in lineage.teachers.items()},
            checkpoint=checkpoint,
            emit=self.emit,
        )


def with_reasons(taskset: TaskSet, reasons: Mapping[str, str]) -> TaskSet:
    """The task set with the reasons found when its task file was made, which states the kinds."""
    tasks = {
        name: replace(task, reason=reasons.get(name, task.reason))
        for name, task in taskset.tasks.items()
    }
    return replace(taskset, tasks=tasks)
