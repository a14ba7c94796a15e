"""A finished model that learns one more task: its frozen encoders as trunks, and its files.

Nothing that was learned before is touched: the files of the old model are copied, a head or a part
is laid beside them, and only the lists of tasks in `part.json` and `model.json` become longer.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from polytask.learning.encoders import modality_of
from polytask.learning.model import MODEL_FILE
from polytask.learning.part_files import read_json, tasks_to_json, write_json
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Decisions
    from polytask.learning.model import Model
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.part import Part
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task


@dataclass(frozen=True)
class Trunk(Recipe):
    """A probe over the encoder of a part that was trained on other tasks; the encoder is frozen.

    What it fits is a part with the same encoder and one new head. Source: Donahue et al., "DeCAF",
    2014, arXiv 1310.1531 (features of one task as the input of a linear model for another).

    Args:
        part: The part whose encoder is read.
    """

    part: NeuralPart

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Compute features where the cache has none, then fit each task's layer."""
        from polytask.learning.precision import settle

        settle(context)
        found = Probe().over(self.part.encoder, tasks, fold, context, self.part.dtype)
        found.recipe = str(self)
        return found

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds: those of a probe."""
        return Probe().estimate(tasks, fold, context)

    def __str__(self) -> str:
        first, *others = self.part.tasks  # a task stands in one part of a model: a name for it
        more = f" and {len(others)} more" if others else ""
        return f"Probe() on the encoder of {first}{more}"


def trunks(model: Model, task: Task) -> dict[str, Trunk]:
    """By name a trunk for each neural part of `model` that reads what `task` reads, text or images.

    Raises:
        ConfigError: Texts and images together.
    """
    wanted = modality_of(task.inputs)
    return {
        name: Trunk(part)
        for name, part in _neural(model).items()
        if modality_of(next(iter(part.tasks.values())).inputs) == wanted
    }


def host(model: Model, part: Part) -> str:
    """The name of the part of `model` with the very encoder of `part`, or "" where none has."""
    if not hasattr(part, "encoder"):
        return ""
    key = (part.encoder.digest(), part.dtype)  # type: ignore[attr-defined]
    same = (n for n, one in _neural(model).items() if (one.encoder.digest(), one.dtype) == key)
    return next(same, "")


def grow(folder: Path, part: Part, decisions: Decisions, *, name: str, into: str) -> None:
    """Let the model saved in `folder` answer the one task of `part`, too.

    Args:
        folder: A saved model that nobody reads yet: if this fails, it is half grown.
        part: Answers one task.
        decisions: How its scores become answers.
        name: A name for `part` in the model.
        into: The name of the part of the model that shares its encoder and takes its head, or ""
            where it becomes a part of its own.

    Raises:
        ModelError: Damaged files.
    """
    path = folder / MODEL_FILE
    content = read_json(path)
    ((task, described),) = part.tasks.items()
    if into:
        from polytask.learning.neural_files import add_head

        add_head(folder / content["parts"][into], part.heads[task])  # type: ignore[attr-defined]
    else:
        place = f"parts/{len(content['parts'])}"
        shutil.rmtree(folder / place, ignore_errors=True)
        (folder / place).mkdir(parents=True)
        part.save(folder / place)
        content["parts"][name] = place
    content["routing"][task] = into or name
    content["decisions"][task] = asdict(decisions)
    content["tasks"] |= tasks_to_json({task: described})
    write_json(path, content)


def _neural(model: Model) -> dict[str, NeuralPart]:
    """The parts with an encoder; a model without is grown without torch."""
    return {name: part for name, part in model.parts.items() if hasattr(part, "encoder")}  # type: ignore[misc]
