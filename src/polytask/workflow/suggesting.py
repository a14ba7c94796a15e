"""What a plan may ask of samplers, and what came of it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, cast

from polytask._catalogue import nearest
from polytask.learning.searching import SAMPLERS
from polytask.planning.budget import OutOfTime
from polytask.workflow.remote import WorkerStopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.workflow.host import HostOperations

MOST = 1000
"""Recipes of one call."""


def suggest(
    host: HostOperations,
    task: str,
    sampler: str,
    tried: Mapping[str, float],
    *,
    count: int,
    epochs: int,
) -> list[str]:
    """Recipes to try next, from the worker, since a Gaussian process loads torch.

    Raises:
        ValueError: A mistake of the plan, told to it.
        OutOfTime: It took longer than what was left.
    """
    _check(sampler, tried, count, epochs)
    what = {"task": task, "sampler": sampler, "count": count, "epochs": epochs}
    deadline = time.monotonic() + host.clock.left()
    try:
        found = host.worker.call("suggest", deadline, tried=dict(tried), **what)
    except WorkerStopped as error:
        raise OutOfTime("a sampler took longer than what was left") from error
    return cast("list[str]", found)


def _check(sampler: str, tried: Mapping[str, float], count: int, epochs: int) -> None:
    if sampler not in SAMPLERS:
        raise ValueError(f"unknown sampler {sampler!r}: {nearest(str(sampler), SAMPLERS)}")
    if not 1 <= count <= MOST:
        raise ValueError(f"`count` of suggest() is from 1 to {MOST}; found {count!r}")
    if epochs < 0:
        raise ValueError(f"`epochs` of suggest() is 0 or more; found {epochs!r}")
    for recipe, score in tried.items():
        if not math.isfinite(score):
            raise ValueError(f"`tried` of suggest() holds finite scores; {recipe} has {score!r}")
