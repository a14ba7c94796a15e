"""What a training run is told: the numbers that `FineTune` and `TopLayers` share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.learning.balancing.balancer import Balancer
from polytask.learning.balancing.equal import Equal
from polytask.learning.sampling.proportional import Proportional
from polytask.learning.sampling.temperature import Temperature

if TYPE_CHECKING:
    from polytask.learning.sampling.sampling import Sampling


@dataclass(frozen=True)
class Settings:
    """How to train.

    Args:
        epochs: Passes over the training rows.
        learning_rate: Highest learning rate of the encoder.
        head_learning_rate: Highest learning rate of heads and balancer.
        batch_size: Rows a batch.
        warmup: Share of all steps in which the rates rise from 0; they fall to 0 in the rest.
        weight_decay: Decoupled weight decay, on matrices only.
        dropout: Dropout rate in encoder and heads.
        patience: Epochs without a better mean dev metric after which training stops.
        balancer: How the losses of several tasks count.
        temperature: Of the size-smoothed sampling; 1 sees every row equally often.
        embeddings: Whether the word embeddings are trained where all layers are.
        image_size: Pixels a side that images are scaled to; `None` for the size of pretraining.
        clip: Largest norm of the gradient.

    Raises:
        ConfigError: A value out of range.
    """

    epochs: int = 3
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    batch_size: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    patience: int = 2
    balancer: Balancer = field(default_factory=Equal)
    temperature: float = 2.0
    embeddings: bool = False
    image_size: int | None = None
    clip: float = 1.0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            self._refuse(
                name, "a whole number of at least 1", lambda v: isinstance(v, int) and v > 0
            )
        for name in ("learning_rate", "head_learning_rate", "clip"):
            self._refuse(name, "above 0", lambda v: _number(v) and v > 0)
        for name in ("warmup", "dropout"):
            self._refuse(name, "at least 0 and below 1", lambda v: _number(v) and 0 <= v < 1)
        self._refuse("weight_decay", "at least 0", lambda v: _number(v) and v >= 0)
        self._refuse("temperature", "at least 1", lambda v: _number(v) and v >= 1)
        self._refuse(
            "image_size",
            "a whole number of at least 32, or None",
            lambda v: v is None or (isinstance(v, int) and v >= 32),
        )
        self._refuse("balancer", "a balancer", lambda v: isinstance(v, Balancer))

    @property
    def sampling(self) -> Sampling:
        """The sampling that `temperature` means."""
        return Proportional() if self.temperature == 1 else Temperature(self.temperature)

    def rate(self, step: int, steps: int) -> float:
        """Factor of the learning rates at `step` (from 0) of `steps`: linear up, linear down.

        >>> [round(Settings(warmup=0.5).rate(step, 4), 2) for step in range(4)]
        [0.5, 1.0, 1.0, 0.5]
        """
        warm = max(1, round(self.warmup * steps))
        if step < warm:
            return (step + 1) / warm
        return (steps - step) / max(1, steps - warm)

    def _refuse(self, name: str, rule: str, allowed: object) -> None:
        value = getattr(self, name)
        if not allowed(value):  # type: ignore[operator]
            raise ConfigError(f"`{name}` is {rule}; found {value!r}")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
