"""Modules in the layers of an encoder, a set for each task: adapters, attention over them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        return x + self.added(x)

    def added(self, x: Tensor) -> Tensor:
        """What it adds to `x`."""
        found: Tensor = self.up(functional.gelu(self.down(x)))
        return found


class Fusion(nn.Module):
    r"""Attention of a layer over what some fixed adapters add to it.

    With $u_n$ what adapter n adds to x: $x + V \sum_n s_n u_n$ with $s = \mathrm{softmax}_n
    (Q x \cdot K u_n)$; V begins as the identity.

    Args:
        dim: Width of `x` `(…, dim)`.
        adapters: The adapters of this layer; they stay where they are.
    """

    def __init__(self, dim: int, adapters: Sequence[Adapter]) -> None:
        super().__init__()
        self.adapters = tuple(adapters)  # in a tuple: their numbers are none of this module
        self.query, self.key = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim, bias=False)
        nn.init.eye_(self.value.weight)

    def forward(self, x: Tensor) -> Tensor:
        """As the class says."""
        added = torch.stack([adapter.added(x) for adapter in self.adapters], dim=-2)
        likeness = (self.key(added) * self.query(x)[..., None, :]).sum(-1)
        mixed = (likeness.softmax(-1)[..., None] * added).sum(-2)
        found: Tensor = x + self.value(mixed)
        return found


class Adapters(nn.Module):
    """A module after each of some layers for each task; those of one task work at a time.

    Args:
        layers: The layers, each giving `(…, dim)`; they stay where they are.
        tasks: Names of the tasks.
        make: Gives the module for the place of a layer, from 0: `(…, dim)` to `(…, dim)`.

    Attributes:
        task: The task whose modules work; without a set for it the layers answer alone.
    """

    def __init__(
        self, layers: Sequence[nn.Module], tasks: Sequence[str], make: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.task = ""
        self.sets = nn.ModuleDict(
            {
                key(task): nn.ModuleList(make(place) for place, _ in enumerate(layers))
                for task in tasks
            }
        )
        self.hooks = [
            layer.register_forward_hook(partial(self._answer, place))
            for place, layer in enumerate(layers)
        ]

    def released(self) -> dict[str, nn.ModuleList]:
        """The sets by task, no longer after their layers."""
        for hook in self.hooks:
            hook.remove()
        return {_task(name): chosen for name, chosen in self.sets.items()}  # type: ignore[misc]

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


def _task(found: str) -> str:
    """The task that `key` made a name of.

    >>> _task(key("a.b"))
    'a.b'
    """
    return bytes.fromhex(found.removeprefix("task_")).decode()
