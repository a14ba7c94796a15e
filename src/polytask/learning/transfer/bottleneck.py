"""Bottleneck adapters: small layers within a fixed encoder, a set for each task."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.transfer.transfer import Transfer, trained, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.settings import Settings


@dataclass(frozen=True)
class Bottleneck(Transfer):
    """A small residual layer after each layer of a fixed encoder, for each task its own.

    Tasks share the pretrained encoder and disturb each other in nothing; adapters are loaded and
    dropped with the head of their task. The price: one encoder pass a task. For text.
    (Houlsby et al., Parameter-Efficient Transfer Learning for NLP, 2019, arXiv 1902.00751; one
    adapter a layer: Pfeiffer et al., AdapterFusion, 2020, arXiv 2005.00247.)

    Args:
        width: Width of the bottleneck.
        lowest: The lowest layer (from 0) that gets one; `None` for the lowest that is trained.

    Raises:
        ConfigError: A value out of range.
    """

    cost: ClassVar[str] = "an encoder pass a task, in training and in use"
    adds: ClassVar[bool] = True
    apart: ClassVar[bool] = True

    width: int = 48
    lowest: int | None = None

    def __post_init__(self) -> None:
        whole_number("width", self.width)
        if self.lowest is not None:
            whole_number("lowest", self.lowest, 0)

    def check(self, settings: Settings) -> None:
        """Refuse a balancer that compares gradients (no trained number is shared) and a joint loss.

        Raises:
            ConfigError: One of them, or `embeddings`.
        """
        super().check(settings)
        refuse_meeting(self, settings)

    def put(self, encoder: Encoder, tasks: Sequence[str] = ()) -> None:
        """Put a set of adapters for each of `tasks` into the trained layers; fix all else.

        Raises:
            ConfigError: The encoder does not tell its layers, or has none as high as `lowest`.
        """
        from polytask.learning.transfer.adapters import Adapter, Adapters

        layers, lowest = layers_from(self, encoder, self.lowest)
        encoder.grows(repr(replace(self, lowest=lowest)))
        encoder.requires_grad_(False)
        adapters = Adapters(layers, tasks, lambda _: Adapter(encoder.dim, self.width))
        encoder.add_module("adapters", adapters.to(encoder.device))


def refuse_meeting(transfer: Transfer, settings: Settings) -> None:
    """Refuse what looks at several tasks at once, where each has a pass of its own.

    Raises:
        ConfigError: A balancer that compares gradients, or a loss over the classes of all.
    """
    if settings.loss is not None and settings.loss.joint:
        raise ConfigError(
            f"`transfer` {type(transfer).__name__} reads the rows anew for each task, and `loss` "
            f"{settings.loss} wants the answers of all tasks to one reading; leave one of the two "
            "out"
        )
    if any(item.name == "per_parameter" for item in fields(settings.balancer)):  # type: ignore[arg-type]
        raise ConfigError(
            f"`transfer` {type(transfer).__name__} gives each task numbers of its own, and "
            f"`balancer` {settings.balancer} compares gradients at shared ones; leave one of the "
            "two out"
        )


def layers_from(
    transfer: Transfer, encoder: Encoder, lowest: int | None
) -> tuple[list[nn.Module], int]:
    """The layers of `encoder` from `lowest` on (`None`: the lowest that is trained), and that.

    Raises:
        ConfigError: The encoder does not tell its layers, or trains none as low.
    """
    blocks = encoder.blocks()
    if not blocks:
        raise ConfigError(
            f"{transfer}: an adapter follows a layer of a text encoder, and this one is none or "
            "does not tell its layers; choose another `transfer`"
        )
    first = next((i for i, block in enumerate(blocks) if trained(block)), len(blocks))
    found = first if lowest is None else lowest
    if not first <= found < len(blocks):
        raise ConfigError(
            f"{transfer}: an adapter follows a trained layer of a text encoder, here one of "
            f"{first} to {len(blocks) - 1}; choose another `lowest` or another `transfer`"
        )
    return blocks[found:], found
