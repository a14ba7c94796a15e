"""What a training run is told: the arguments that `FineTune` and `TopLayers` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from polytask._catalogue import nearest
from polytask._errors import ConfigError
from polytask.learning.balancing.balancer import Balancer
from polytask.learning.observing.observer import Observer
from polytask.learning.optimisers import OPTIMISERS
from polytask.learning.regularising.regulariser import Regulariser
from polytask.learning.sampling.proportional import Proportional
from polytask.learning.sampling.sampling import Sampling
from polytask.learning.sampling.temperature import Temperature
from polytask.learning.schedules import SCHEDULES, factor
from polytask.learning.transfer.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from polytask.learning.losses.loss import Loss


class Settings:
    """The arguments of a recipe as the training loop reads them, and the rules they keep.

    A recipe is a dataclass that states them, each with its default and what it means; its own
    file says all of it.

    Raises:
        ConfigError: A value out of range.
    """

    epochs: int
    learning_rate: float
    head_learning_rate: float
    batch_size: int
    warmup: float
    weight_decay: float
    dropout: float
    patience: int
    balancer: Balancer
    loss: Loss | None
    transfer: Transfer
    regulariser: Regulariser | None
    temperature: float
    sampling: Sampling | None
    observer: Observer | None
    optimiser: str
    schedule: str
    image_size: int | None
    embeddings: bool = False
    """Whether the word embeddings are trained where all layers are."""
    layers: int | None = None
    """How many of the upper layers are trained; `None` for all. Fewer are no fault, but noted."""
    cut: int = 0
    """How many of the top layers of pretrained weights are left out."""
    can_start: ClassVar[bool] = True
    can_distil: ClassVar[bool] = True
    clip: ClassVar[float] = 1.0
    """Largest norm of the gradient."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            self._refuse(
                name, "a whole number of at least 1", lambda v: isinstance(v, int) and v > 0
            )
        for name in ("learning_rate", "head_learning_rate"):
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
        self._refuse("loss", "a loss of a kind of task, or None", _is_loss)
        self._refuse("transfer", "a transfer", lambda v: isinstance(v, Transfer))
        self._refuse(
            "regulariser",
            "a regulariser, or None",
            lambda v: v is None or isinstance(v, Regulariser),
        )
        self._refuse(
            "sampling", "a sampling, or None", lambda v: v is None or isinstance(v, Sampling)
        )
        self._refuse(
            "observer", "an observer, or None", lambda v: v is None or isinstance(v, Observer)
        )
        self._refuse_unknown("optimiser", OPTIMISERS)
        self._refuse_unknown("schedule", SCHEDULES)
        self._check_sampling()
        self.transfer.check(self)
        if self.regulariser is not None:
            self.regulariser.check(self)
        if self.observer is not None:
            self.observer.check(self)

    @property
    def drawing(self) -> Sampling:
        """The sampling that is named, else the one that `temperature` means."""
        if self.sampling is not None:
            return self.sampling
        return Proportional() if self.temperature == 1 else Temperature(self.temperature)

    def rate(self, step: int, steps: int) -> float:
        """Factor of the learning rates at `step` (from 0) of `steps`: up, then as `schedule` says.

        >>> from polytask.learning.recipes.fine_tune import FineTune
        >>> [round(FineTune(warmup=0.5).rate(step, 4), 2) for step in range(4)]
        [0.5, 1.0, 1.0, 0.5]
        """
        return factor(self.schedule, step, steps, self.warmup)

    def _check_sampling(self) -> None:
        """Refuse `sampling` beside `temperature`: both say how often tables are seen."""
        usual = type(self).temperature
        if self.sampling is not None and self.temperature != usual:
            raise ConfigError(
                f"`sampling` {self.sampling} and `temperature` {self.temperature} both say how "
                "often tables are seen; leave one of the two out"
            )

    def _refuse_unknown(self, name: str, known: Iterable[str]) -> None:
        value = getattr(self, name)
        if value not in known:
            raise ConfigError(f"Unknown `{name}` {value!r}: {nearest(str(value), known)}")

    def _refuse(self, name: str, rule: str, allowed: object) -> None:
        value = getattr(self, name)
        if not allowed(value):  # type: ignore[operator]
            raise ConfigError(f"`{name}` is {rule}; found {value!r}")


def _is_loss(value: object) -> bool:
    return value is None or bool(getattr(value, "kinds", ()))  # its class would load torch


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
