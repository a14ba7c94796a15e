"""ANIL: heads learn from some rows of a task, and the encoder from how they answer others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.func import functional_call

from polytask._errors import ConfigError
from polytask.learning.batches import targets_of
from polytask.learning.episodes import Episodes, each_alone, fresh_part, in_turn
from polytask.learning.heads.choosing import chosen
from polytask.learning.looking import Look
from polytask.learning.losses.custom import Custom
from polytask.learning.precision import autocast
from polytask.learning.training import complete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Features
    from polytask.learning.heads.head import Head
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.anil import ANIL
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task

_CLASSED = ("binary", "multiclass", "ordinal")


class Judged(Episodes):
    """Episodes of two pieces: rows that a head learns from, and rows that judge it.

    The heads of the part are where each episode begins; they are not trained themselves.
    """

    settings: ANIL

    def pieces(self, task: str, rng: np.random.Generator) -> list[np.ndarray]:
        """Rows to learn from and to judge by; of tasks with classes, `shots` of some of them."""
        settings, rows = self.settings, len(self.tables[task])
        if self.part.tasks[task].kind in _CLASSED:
            numbers = np.array(self.tables[task].targets[task])
            found = of_classes(numbers, settings.shots, settings.batch_size, rng)
            if len(found[0]):
                return found
        size = max(1, min(settings.batch_size, rows // 2))
        drawn = in_turn(rows, 2 * size, rng)
        return [drawn[:size], drawn[size:]]

    def batch_losses(
        self, batch: Sequence[tuple[str, np.ndarray]]
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """What the head costs on the rows that judge, once it has learned from the others."""
        look, task = Look(self, batch), batch[0][0]
        with autocast(look.encoder.device.type, self.part.dtype):
            found = look.encoder.together(look.hidden, look.given)
        learned, judged = (
            self._cost(task, index, features)
            for (_, index), features in zip(batch, found, strict=True)
        )
        start = dict(self.part.heads[task].named_parameters())
        numbers = adapted(learned, start, self.settings.inner, self.settings.inner_rate)
        return {task: judged(numbers)}, []

    def _cost(
        self, task: str, index: np.ndarray, features: Features
    ) -> Callable[[Mapping[str, Tensor]], Tensor]:
        """The mean loss on some rows, by the numbers of the head."""
        head, table = self.part.heads[task], self.tables[task]
        width = features.mask.shape[1] if head.tokenwise and features.mask is not None else None
        target = targets_of(table, task, index, width).to(features.vector.device)

        def cost(numbers: Mapping[str, Tensor]) -> Tensor:
            logits = functional_call(head, dict(numbers), (features,))
            found: Tensor = self.losses[task](logits, target).mean()
            return found

        return cost


def adapted(
    cost: Callable[[Mapping[str, Tensor]], Tensor],
    start: Mapping[str, Tensor],
    steps: int,
    rate: float,
) -> dict[str, Tensor]:
    r"""Numbers after steps of gradient descent, which can be differentiated through.

    $w_{i + 1} = w_i - \alpha \nabla_w C(w_i)$.

    Args:
        cost: What to descend, of numbers by name.
        start: Where to begin; no gradient reaches it.
        steps: How many steps.
        rate: $\alpha$.
    """
    numbers = {name: value.detach().requires_grad_() for name, value in start.items()}
    for _ in range(steps):
        found = torch.autograd.grad(
            cost(numbers), [*numbers.values()], create_graph=True, materialize_grads=True
        )
        pairs = zip(numbers.items(), found, strict=True)
        numbers = {name: value - rate * gradient for (name, value), gradient in pairs}
    return numbers


def of_classes(
    numbers: np.ndarray, shots: int, most: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """`shots` rows of each of some classes to learn from, and as many to judge by.

    Args:
        numbers: The class of each row, `(n,)`; negative for none.
        shots: Rows of a class in each piece; half of its rows where it has fewer than twice that.
        most: Most rows a piece.
        rng: The source of chance.

    >>> drawn = of_classes(np.array([0, 0, 1, 1, 2]), 2, 8, np.random.default_rng(0))
    >>> [sorted(np.array([0, 0, 1, 1, 2])[piece].tolist()) for piece in drawn]
    [[0, 1], [0, 1]]
    """
    names, counts = np.unique(numbers[numbers >= 0], return_counts=True)
    chosen = rng.permutation(names[counts > 1])[: max(2, most // shots)]
    pieces: tuple[list[int], list[int]] = ([], [])
    for name in chosen:
        rows = rng.permutation(np.flatnonzero(numbers == name))
        half = min(shots, len(rows) // 2)
        pieces[0].extend(rows[:half])
        pieces[1].extend(rows[half : 2 * half])
    return [np.array(piece, dtype=np.int64) for piece in pieces]


def learn_features(
    tasks: Sequence[Task], fold: Fold, context: Context, settings: ANIL
) -> NeuralPart:
    """An encoder over which heads learn any of `tasks` in a few steps.

    Args:
        tasks: The tasks to learn from.
        fold: Their rows; dev rows are not used.
        context: Seed, encoder, device, …
        settings: The numbers of the run.

    Raises:
        ConfigError: A task has a loss of its own code, whose gradients have none themselves.
    """
    own = [task.name for task in tasks if isinstance(chosen(task, settings.loss), Custom)]
    if own:
        raise ConfigError(
            f"ANIL differentiates gradients, and the step `loss` of {own[0]!r} gives them as "
            "numbers: name a loss in the recipe, such as ANIL(loss=CrossEntropy()), or leave one "
            "of the two out"
        )
    part = fresh_part(tasks, fold, context, settings)
    for head in part.heads.values():
        begin_at_zero(head)
    seen = each_alone(tasks, fold)
    complete(Judged(part, seen, context, settings), seen)
    return part


@torch.no_grad()
def begin_at_zero(head: Head) -> None:
    """Fix `head` with matrices of 0: classes then differ by nothing but the rows shown.

    A head that began elsewhere, and always there, would let the encoder learn the classes
    themselves rather than to be learned from.
    """
    for number in head.parameters():
        if number.dim() > 1:
            number.zero_()
    head.requires_grad_(False)
