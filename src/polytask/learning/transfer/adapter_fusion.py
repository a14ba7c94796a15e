"""AdapterFusion: a task attends over adapters that other tasks learned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from polytask._catalogue import nearest, parse
from polytask._errors import ConfigError
from polytask.learning.transfer.bottleneck import Bottleneck, layers_from, refuse_meeting
from polytask.learning.transfer.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class AdapterFusion(Transfer):
    r"""Attention over fixed adapters of several tasks, learned for each new task alone.

    First a part learns adapters, a set a task, by `Bottleneck`; it is the `start` of this one.
    After each layer with adapters, with $u_n$ what the adapter of task n adds to x, the task gets
    $x + V \sum_n s_n u_n$ with $s = \mathrm{softmax}_n (Q x \cdot K u_n)$; V begins as the
    identity. Encoder and adapters stay fixed, so that what was learned before is not lost. For
    text. (Pfeiffer et al., AdapterFusion: Non-Destructive Task Composition for Transfer Learning,
    2021, arXiv 2005.00247.)

    Args:
        sources: The tasks whose adapters are attended over; none for all that the start has.
        width: Width of their bottlenecks, read off the start.
        lowest: The lowest layer that has some, read off the start.

    Raises:
        ConfigError: Sources that are no list, or a width or layer without any, which only a saved
            part states.
    """

    cost: ClassVar[str] = "an encoder pass a task, in training and in use, through all its sources"
    adds: ClassVar[bool] = True
    over: ClassVar[str] = "Bottleneck"
    apart: ClassVar[bool] = True

    sources: tuple[str, ...] = ()
    width: int | None = None
    lowest: int | None = None

    def __post_init__(self) -> None:
        listed = isinstance(self.sources, (list, tuple))  # letters of a name are no names
        if not listed or not all(isinstance(name, str) for name in self.sources):
            raise ConfigError(
                f"`sources` of AdapterFusion is a list of names of tasks; found {self.sources!r}"
            )
        object.__setattr__(self, "sources", tuple(self.sources))
        if (self.width is None) != (self.lowest is None) or (self.width and not self.sources):
            raise ConfigError(
                "`width` and `lowest` of AdapterFusion are read off the part it starts from; leave "
                f"them out; found {self!r}"
            )

    def check(self, settings: Settings) -> None:
        """Refuse a balancer that compares gradients: no trained number is shared.

        Raises:
            ConfigError: Such a balancer, or `embeddings`.
        """
        super().check(settings)
        refuse_meeting(self, settings)

    def put(self, encoder: Encoder, tasks: Sequence[str] = ()) -> None:
        """Put attention for each of `tasks` after the layers that have adapters; fix all else.

        Raises:
            ConfigError: The encoder has no adapters, none of a source, or some in fixed layers.
        """
        from torch import nn

        from polytask.learning.transfer.adapters import Adapter, Adapters, Fusion, key

        # a saved part says all of it, and its numbers are filled in afterwards
        whole, learned = (self, None) if self.width else self._found(encoder)
        layers, lowest = layers_from(whole, encoder, whole.lowest)
        encoder.grows(repr(replace(whole, lowest=lowest)))
        sources: Mapping[str, nn.ModuleList] = learned or {
            task: nn.ModuleList(Adapter(encoder.dim, int(whole.width or 0)) for _ in layers)
            for task in whole.sources
        }
        encoder.add_module("sources", nn.ModuleDict({key(t): s for t, s in sources.items()}))
        encoder.requires_grad_(False)

        def make(place: int) -> nn.Module:
            return Fusion(encoder.dim, [each[place] for each in sources.values()])  # type: ignore[misc]

        encoder.add_module("adapters", Adapters(layers, tasks, make))
        encoder.to(encoder.device)

    def _found(self, encoder: Encoder) -> tuple[AdapterFusion, dict[str, nn.ModuleList]]:
        """This with all that `encoder` tells, and the adapters it has; they are taken out."""
        if not encoder.transfer.startswith(f"{self.over}("):
            raise ConfigError(
                f"{self} attends over adapters: give train() as `start` a part of a recipe with "
                "`transfer=Bottleneck()`"
            )
        below = Bottleneck(**parse(encoder.transfer).arguments)  # type: ignore[arg-type]
        known = encoder.yields()
        for name in self.sources:
            if name not in known:
                raise ConfigError(f"`sources` names {name!r}: {nearest(name, known)}")
        names = self.sources or tuple(known)
        whole = replace(self, sources=names, width=below.width, lowest=below.lowest)
        return whole, {name: known[name] for name in names}
