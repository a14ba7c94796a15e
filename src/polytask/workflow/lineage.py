"""What a training builds on beside its data: other parts of the same run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import TaskSet
    from polytask.workflow.folder import RunFolder

_HANDLE = re.compile(r"[0-9a-f]{32}")  # a name of our own making: nothing that leads elsewhere


@dataclass(frozen=True)
class Lineage:
    """The parts that a training builds on, by their handles.

    Args:
        start: The part whose encoder it starts from; "" for pretrained weights.
        teachers: By task the part that teaches it.

    >>> str(Lineage(start="0f3e9a7c")), str(Lineage(teachers={"intent": "5b"}))
    ('from part 0f3e9a', 'taught intent')
    """

    start: str = ""
    teachers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Lineage:
        """What `facts` gave, or the arguments of a call of `train` say."""
        return cls(str(facts.get("start", "")), dict(facts.get("teachers", {})))

    def facts(self) -> dict[str, Any]:
        """As plain data; empty where nothing is built on, as before there were lineages."""
        found = {"start": self.start, "teachers": dict(sorted(self.teachers.items()))}
        return {key: value for key, value in found.items() if value}

    @property
    def parts(self) -> list[str]:
        """The handles, each once."""
        return list(dict.fromkeys([*([self.start] if self.start else []), *self.teachers.values()]))

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __str__(self) -> str:
        told = [f"from part {self.start[:6]}"] if self.start else []
        told += [f"taught {' + '.join(sorted(self.teachers))}"] if self.teachers else []
        return ", ".join(told)


NO_LINEAGE = Lineage()


def part_facts(folder: RunFolder, part: str) -> dict[str, Any]:
    """What the worker noted of a part of the run.

    Raises:
        ValueError: There is no such part.
    """
    if part == "":
        raise ValueError(
            "the handle of a part is empty: that training failed or was not started; ask its "
            '`status` for "done" before its `part`'
        )
    if not _HANDLE.fullmatch(str(part)) or not (folder.parts / part).is_dir():
        raise ValueError(
            f"{part!r} is no trained part of this run (a training that is not done has none)"
        )
    path = folder.parts / part / "facts.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def check_lineage(
    lineage: Lineage, folder: RunFolder, taskset: TaskSet, tasks: Sequence[str], recipe: str
) -> None:
    """Refuse what a training of `tasks` with `recipe` cannot build on.

    Raises:
        ValueError: No such part, a teacher of another task, a recipe that learns otherwise, or a
            part that has seen rows which are to judge the new one.
    """
    _check_recipe(lineage, recipe)
    for task, part in lineage.teachers.items():
        known = part_facts(folder, part)["tasks"]
        if task not in tasks or task not in known:
            raise ValueError(
                f"`teachers` names, by task that is trained, a part that answers it; found "
                f"{task!r}: {part!r}, which answers {', '.join(known)}; trained are "
                f"{', '.join(tasks)}"
            )
    folded = {taskset[task].table for task in tasks if taskset.folds([task]) > 1}
    for part in lineage.parts:
        both = folded & _tables(folder, taskset, part)
        if both:
            raise ValueError(
                f"{part!r} has learned from the table {min(both)!r}, all of it; its rows judge "
                "parts in folds, each by a part that has not seen it. Build on parts of other "
                "tables alone, or give the task a fixed split"
            )


def _check_recipe(lineage: Lineage, recipe: str) -> None:
    from polytask._catalogue import parse
    from polytask.learning.recipes import RECIPES

    kinds = {name: RECIPES.load(name) for name in RECIPES}
    kind = parse(recipe).name
    for word, asked, can in (
        ("start", lineage.start, {name: kinds[name].can_start for name in kinds}),
        ("teachers", lineage.teachers, {name: kinds[name].can_distil for name in kinds}),
    ):
        if asked and not can[kind]:
            able = ", ".join(name for name in kinds if can[name])
            raise ValueError(f"`{word}` of train() is for {able}; found {recipe}")


def _tables(folder: RunFolder, taskset: TaskSet, part: str) -> set[str]:
    """The tables whose rows a part has seen, itself or through what it builds on."""
    facts = part_facts(folder, part)
    own = {taskset[task].table for task in facts["tasks"]}
    return own.union(*(_tables(folder, taskset, one) for one in Lineage.of(facts).parts))
