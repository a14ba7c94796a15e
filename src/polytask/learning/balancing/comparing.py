"""Started balancers that hold tasks against each other, by their losses or their gradients.

Of the tasks in a batch those take part that have a labelled row there (a loss above 0). What a
method remembers it remembers for each set of tasks that meets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from polytask._errors import ConfigError
from polytask.learning.balancing.weightings import Weighting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import Tensor

    from polytask.learning.balancing.grad_norm import GradNorm
    from polytask.learning.balancing.weightings import Shared

Rule: TypeAlias = "Callable[[Tensor], Tensor]"
"""The Jacobian of the losses `(tasks, numbers)` to one weight a task, or to a row `(numbers,)`."""


class Scalarized(Weighting):
    """One number from the losses alone, by a scalarizer of torchjd.

    Args:
        tasks: Task names.
        make: The scalarizer of some tasks, from their numbers.
        looks_back: Whether the scalarizer learns from the losses after a step.
    """

    def __init__(
        self, tasks: Sequence[str], make: Callable[[list[int]], Any], *, looks_back: bool = False
    ) -> None:
        super().__init__()
        self.numbers = {task: i for i, task in enumerate(tasks)}
        self.make = make
        self.looks_back = looks_back
        self._met: dict[tuple[str, ...], Any] = {}
        self._last: tuple[str, ...] = ()

    def forward(self, losses: Mapping[str, Tensor], shared: Shared = None) -> Tensor:
        """What the scalarizer makes of the losses; of a single one, that loss."""
        del shared
        self._last = labelled(losses)
        if len(self._last) < 2:
            return torch.stack(list(losses.values())).sum()
        values = torch.stack([losses[task] for task in self._last])
        if self._last not in self._met:
            made = self.make([self.numbers[task] for task in self._last])
            self._met[self._last] = made.to(values.device)
        found: Tensor = self._met[self._last](values)
        return found

    def update(self, losses: Mapping[str, Tensor]) -> None:
        """Hand the losses after the step to the scalarizer that made the last number."""
        if self.looks_back and self._last in self._met:
            self._met[self._last].update(torch.stack([losses[task] for task in self._last]))

    def step(self) -> None:
        """Tell the scalarizers that an epoch is over."""
        for scalarizer in self._met.values():
            if hasattr(scalarizer, "step"):
                scalarizer.step()


class Aggregated(Weighting):
    r"""The sum of the losses, its gradient at what is shared replaced by that of a method.

    Each head gets the gradient of its own loss as it is. With weights $w$ and gradients $g_t$ at
    the shared tensors $s$ the number is $\sum_t \ell_t + s \cdot \sum_t (w_t - 1) g_t$, less the
    value of the second term: backward gives $\sum_t w_t g_t$ at $s$.

    Features: the rows of the Jacobian are the gradients that a linear layer over the features
    would get, $X^\top \partial \ell_t / \partial X$. Unlike the gradients at the features
    themselves, these meet where tasks have different rows, too, and no backward pass through the
    encoder is needed. Parameters: the rows are the gradients at the parameters, one backward pass
    a task beside the usual one.

    Args:
        make: For a number of tasks the method: a `Rule` that gives weights.
        per_parameter: Whether `shared` holds parameters.
        direct: Whether the rule gives a row rather than weights; it then looks at the gradients
            at the shared tensors themselves.
        least: How many tasks the method needs; a batch with fewer gives the plain sum.
    """

    def __init__(
        self,
        make: Callable[[int], Rule],
        *,
        per_parameter: bool = False,
        direct: bool = False,
        least: int = 2,
    ) -> None:
        super().__init__()
        self.make = make
        self.per_parameter = per_parameter
        self.direct = direct
        self.least = least
        self._met: dict[tuple[str, ...], Rule] = {}

    def forward(self, losses: Mapping[str, Tensor], shared: Shared = None) -> Tensor:
        """The sum of `losses` with the gradient of the method at `shared`."""
        total = torch.stack(list(losses.values())).sum()
        tasks = labelled(losses)
        if len(tasks) < self.least:
            return total
        tensors = trainable(shared)
        rows = gradients([losses[task] for task in tasks], tensors)
        if tasks not in self._met:
            self._met[tasks] = self.make(len(tasks))
        changes = self._changes(self._met[tasks], tensors, rows)
        extra = torch.stack([(t * c).sum() for t, c in zip(tensors, changes, strict=True)]).sum()
        return total + (extra - extra.detach())

    def _changes(
        self, rule: Rule, tensors: Sequence[Tensor], rows: Sequence[Tensor]
    ) -> list[Tensor]:
        """By shared tensor what the method adds to the sum of the gradients."""
        if self.direct:
            given = rule(torch.cat([row.flatten(1) for row in rows], dim=1))
            pieces = torch.split(given, [tensor.numel() for tensor in tensors])
            found = [p.view_as(t) for p, t in zip(pieces, tensors, strict=True)]
        else:
            weights = rule(jacobian(tensors, rows, per_parameter=self.per_parameter))
            found = [torch.tensordot(weights.to(row.dtype), row, 1) for row in rows]
        return [new - row.sum(0) for new, row in zip(found, rows, strict=True)]


def labelled(losses: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The tasks that have a labelled row in the batch: those with a loss other than 0."""
    return tuple(task for task, loss in losses.items() if loss.item() != 0)


def trainable(shared: Shared) -> list[Tensor]:
    """The shared tensors that a gradient reaches.

    Raises:
        ConfigError: There are none.
    """
    given: Iterable[Tensor] = (
        () if shared is None else [shared] if isinstance(shared, torch.Tensor) else shared
    )
    found = [tensor for tensor in given if tensor.requires_grad]
    if not found:
        raise ConfigError(
            "A balancer that looks at gradients needs `shared`: features that the losses were "
            "computed from, or parameters, with `requires_grad`"
        )
    return found


def gradients(losses: Sequence[Tensor], tensors: Sequence[Tensor]) -> list[Tensor]:
    """By tensor the gradients of all losses there, `(tasks, …)`; 0 where a loss does not reach."""
    rows = [
        torch.autograd.grad(loss, tensors, retain_graph=True, materialize_grads=True)
        for loss in losses
    ]
    return [torch.stack(row) for row in zip(*rows, strict=True)]


def jacobian(tensors: Sequence[Tensor], rows: Sequence[Tensor], *, per_parameter: bool) -> Tensor:
    """The gradients of all losses at what is shared, `(tasks, numbers)`; see `Aggregated`.

    Args:
        tensors: Features `(…, d)` of one width d, or parameters.
        rows: By tensor the gradients, `(tasks, …)`.
        per_parameter: Whether the tensors are parameters.
    """
    if per_parameter:
        return torch.cat([row.flatten(1) for row in rows], dim=1)
    layers = [
        torch.einsum(
            "nd,tne->tde",
            tensor.detach().reshape(-1, tensor.shape[-1]),
            row.reshape(len(row), -1, row.shape[-1]),
        )
        for tensor, row in zip(tensors, rows, strict=True)
    ]
    return torch.stack(layers).sum(0).flatten(1)


class Paced(Weighting):
    """The weighted sum of the losses by the weights of `GradNorm`.

    Args:
        tasks: Task names.
        method: Its arguments.
    """

    weights: Tensor
    first: Tensor

    def __init__(self, tasks: Sequence[str], method: GradNorm) -> None:
        super().__init__()
        self.numbers = {task: i for i, task in enumerate(tasks)}
        self.method = method
        self.register_buffer("weights", torch.ones(len(tasks)))
        self.register_buffer("first", torch.zeros(len(tasks)))  # 0: not seen yet

    def forward(self, losses: Mapping[str, Tensor], shared: Shared = None) -> Tensor:
        """The weighted sum; in training the weights take a step first."""
        tasks = labelled(losses)
        if len(tasks) > 1 and self.training:
            self._learn([losses[task] for task in tasks], [self.numbers[t] for t in tasks], shared)
        index = [self.numbers[task] for task in losses]
        return (self.weights[index] * torch.stack(list(losses.values()))).sum()

    def _learn(self, losses: Sequence[Tensor], index: list[int], shared: Shared) -> None:
        tensors = trainable(shared)
        rows = gradients(losses, tensors)
        norms = jacobian(tensors, rows, per_parameter=self.method.per_parameter).norm(dim=1)
        now = torch.stack([loss.detach() for loss in losses])
        self.first[index] = torch.where(self.first[index] == 0, now, self.first[index])
        left = now / self.first[index]
        pace = (left / left.mean()) ** self.method.alpha
        found = self.weights[index]
        scaled = found * norms
        slope = norms / scaled.mean().clamp_min(1e-12) * torch.sign(scaled - scaled.mean() * pace)
        moved = (found - self.method.learning_rate * slope).clamp(min=1e-3)
        self.weights[index] = moved * found.sum() / moved.sum()
