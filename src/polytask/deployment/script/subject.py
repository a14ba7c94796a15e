"""What a program is written of, and what cannot be written yet."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from polytask._errors import ConfigError
from polytask.deployment.script.wording import JOINT_METRICS
from polytask.deployment.script.wording import METRIC_NAMES as METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.deployment.script.reading import Reading
    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.recipes.recipe import Recipe
    from polytask.tasks.task import Task

TUNED = ("FineTune", "TopLayers")
"""Recipes that train the encoder."""
_EVERY = ("binary", "multiclass", "multilabel", "regression", "tagging")
_KINDS = {
    "FineTune": _EVERY,
    "TopLayers": _EVERY,
    "Probe": _EVERY,
    "TfidfLinear": ("binary", "multiclass", "multilabel", "regression"),
}
_SETTLED = ("balancer", "loss", "transfer", "regulariser", "sampling", "observer", "optimiser")
"""Arguments that are written only as they are by default."""


@dataclass(frozen=True)
class Measured:
    """A figure of the report: the primary metric on test rows and its 95 % interval."""

    metric: str
    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Subject:
    """One trained part of a run.

    Args:
        tasks: The tasks it was trained on, in their order.
        recipe: How.
        readings: By table how its rows are read.
        measured: By task what the report says of it.
        counts: By task its labelled training rows and all those of its table.
        seed: Seed of the training.
        threads: Threads of torch.
        dtype: "float32" or "bfloat16".
        encoder: The pretrained encoder as the recipe found it; `None` for linear models.
        weights: Folder or hub id of the encoder.
    """

    tasks: tuple[Task, ...]
    recipe: Recipe
    readings: Mapping[str, Reading]
    measured: Mapping[str, Measured]
    counts: Mapping[str, tuple[int, int]]
    seed: int = 0
    threads: int = 1
    dtype: str = "float32"
    encoder: Encoder | None = None
    weights: str = ""


def check(subject: Subject) -> None:
    """Refuse what no template is there for.

    Raises:
        ConfigError: With what cannot be written, and why.
    """
    recipe, tasks = subject.recipe, subject.tasks
    family = type(recipe).__name__
    if family not in _KINDS:
        raise _refusal(f"the recipe {family}", f"written are {', '.join(_KINDS)}")
    for name in _SETTLED if family in TUNED else ():
        if repr(getattr(recipe, name)) != repr(_default(recipe, name)):
            raise _refusal(f"`{name}` {getattr(recipe, name)!r}", "its method has no template")
    if type(getattr(subject.encoder, "inner", subject.encoder)).__name__ == "CausalEncoder":
        raise _refusal("a language model as encoder", "how it reads rows has no template")
    for task in tasks:
        _check_task(task, family)
    if len(tasks) > 1:
        _check_joint(subject, family)


def _check_task(task: Task, family: str) -> None:
    if task.kind not in _KINDS[family]:
        raise _refusal(f"{family} of the {task.kind} task {task.name!r}", "it has no template")
    if any(column.code for column in task.inputs):
        raise _refusal(f"inputs of {task.name!r} that code makes", "it would run outside isolation")
    if family in TUNED and (task.loss or task.loss_code):
        raise _refusal(f"the loss that {task.name!r} names", "written is that of its kind")
    if task.metric not in METRICS:
        raise _refusal(f"the metric {task.metric} of {task.name!r}", "it is none of answers alone")
    if len(task.inputs) == 2 and family in ("Probe", "TfidfLinear"):
        raise _refusal(f"{family} of the pairs of {task.name!r}", "how they are compared is long")
    if len(task.inputs) > 2 or (len(task.inputs) == 2 and any(c.tokens for c in task.inputs)):
        names = ", ".join(column.name for column in task.inputs)
        raise _refusal(f"the inputs {names} of {task.name!r}", "written are one input or two texts")


def _check_joint(subject: Subject, family: str) -> None:
    for task in subject.tasks:
        if family not in TUNED:
            raise _refusal(f"{family} of several tasks", "they share nothing but the encoder")
        if task.kind in ("multilabel", "regression") or task.metric not in JOINT_METRICS:
            what = f"{task.name!r} ({task.kind}, {task.metric}) beside other tasks"
            raise _refusal(what, "written are labels and tags, judged by accuracy or F1")
    images = subject.tasks[0].inputs[0].modality == "image"
    if len(subject.readings) > 1 and not images:
        raise _refusal("texts of several tables in one model", "they take turns batch by batch")


def _default(recipe: Recipe, name: str) -> Any:
    return next(item.default for item in fields(recipe) if item.name == name)  # type: ignore[arg-type]


def _refusal(what: str, why: str) -> ConfigError:
    return ConfigError(
        f"No program is written for {what} yet: {why}. The model answers new rows "
        "by `polytask predict`"
    )
