"""Bottleneck adapters in the layers of an encoder, a set for each task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


class Adapter(nn.Module):
    """`x + up(gelu(down(x)))`; `up` begins at 0, so that nothing changes at first.

    Args:
        dim: Width of `x` `(…, dim)`.
        width: Width of the bottleneck.
    """

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(dim, width), nn.Linear(width, dim)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """As the class says."""
        found: Tensor = x + self.up(functional.gelu(self.down(x)))
        return found


class Adapters(nn.Module):
    """An adapter after each of some layers for each task; those of one task work at a time.

    Args:
        layers: The layers, each giving `(…, dim)`; they stay where they are.
        dim: Width of their output.
        width: Width of the bottlenecks.
        tasks: Names of the tasks.

    Attributes:
        task: The task whose adapters work; without a set for it the layers answer alone.
    """

    def __init__(
        self, layers: Sequence[nn.Module], dim: int, width: int, tasks: Sequence[str]
    ) -> None:
        super().__init__()
        self.task = ""
        self.sets = nn.ModuleDict(
            {key(task): nn.ModuleList(Adapter(dim, width) for _ in layers) for task in tasks}
        )
        for place, layer in enumerate(layers):
            layer.register_forward_hook(partial(self._answer, place))

    def names_of(self, task: str) -> str:
        """How the names of the numbers of `task` begin in here."""
        return f"sets.{key(task)}."

    def _answer(self, place: int, layer: nn.Module, given: Any, hidden: Tensor) -> Tensor:
        del layer, given
        if key(self.task) not in self.sets:
            return hidden
        chosen: Any = self.sets[key(self.task)]
        found: Tensor = chosen[place](hidden)
        return found


def key(task: str) -> str:
    """The name of a task as the name of a module, which holds no dot and no name of Python.

    >>> key("a.b")
    'task_612e62'
    """
    return f"task_{task.encode().hex()}"
