"""Reptile: after some steps on one task, the start moves a part of the way to where they led."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from polytask.learning.episodes import Episodes, each_alone, fresh_part, in_turn
from polytask.learning.training import complete

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor

    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.recipes.reptile import Reptile
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Fold, Task


class Inward(Episodes):
    """Episodes of `inner` plain steps each, after which the start moves towards their end.

    The optimiser keeps no momentum, which would carry from one task into the next.
    """

    settings: Reptile

    def __init__(self, part: NeuralPart, fold: Fold, context: Context, settings: Settings) -> None:
        super().__init__(part, fold, context, settings)
        for group in self.optimiser.param_groups:
            group["betas"] = (0.0, group["betas"][1])
        statistics = [found for found in part.encoder.statistics() if found.is_floating_point()]
        self.moving = [*self.trained, *statistics]

    def pieces(self, task: str, rng: np.random.Generator) -> list[np.ndarray]:
        """A batch for each step."""
        rows, settings = len(self.tables[task]), self.settings
        size = min(settings.batch_size, rows)
        drawn = in_turn(rows, settings.inner * size, rng)
        return [drawn[i : i + size] for i in range(0, len(drawn), size)]

    def update(self, batch: Sequence[tuple[str, np.ndarray]], step: int) -> dict[str, float]:
        """One episode; gives the mean loss of its steps."""
        start = [number.detach().clone() for number in self.moving]
        losses = [super(Inward, self).update([piece], step) for piece in batch]
        steps = self.settings.epochs * self.steps_an_epoch
        toward(self.moving, start, self.settings.pace * (1 - step / steps))
        task = batch[0][0]
        return {task: sum(found[task] for found in losses) / len(losses)}


@torch.no_grad()
def toward(numbers: Sequence[Tensor], start: Sequence[Tensor], pace: float) -> None:
    r"""Put $\theta + \epsilon (\theta' - \theta)$ in the place of $\theta'$.

    Args:
        numbers: $\theta'$, where the steps of an episode led; changed in place.
        start: $\theta$, where they began.
        pace: $\epsilon$, from 0 (back to the start) to 1 (stay).

    >>> found = torch.tensor([3.0])
    >>> toward([found], [torch.tensor([1.0])], 0.25)
    >>> found
    tensor([1.5000])
    """
    for number, before in zip(numbers, start, strict=True):
        number.copy_(torch.lerp(before, number.detach(), pace))


def learn_start(
    tasks: Sequence[Task], fold: Fold, context: Context, settings: Reptile
) -> NeuralPart:
    """An encoder from which some steps on any of `tasks` lead far, with heads alike.

    Args:
        tasks: The tasks to learn from.
        fold: Their rows; dev rows are not used.
        context: Seed, encoder, device, …
        settings: The numbers of the run.
    """
    part = fresh_part(tasks, fold, context, settings)
    seen = each_alone(tasks, fold)
    complete(Inward(part, seen, context, settings), seen)
    return part
