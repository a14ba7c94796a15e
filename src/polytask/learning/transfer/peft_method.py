"""How a method of peft gets into an encoder."""

from __future__ import annotations

import math
import warnings
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

from polytask._catalogue import nearest
from polytask._errors import ConfigError
from polytask.learning.transfer.transfer import Transfer, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from torch import nn

    from polytask.learning.encoders.encoder import Encoder

    Rule: TypeAlias = tuple[str, Callable[[Any], bool]]


def _number(value: Any, least: float, below: float = math.inf) -> bool:
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    return right and least <= value < below


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and _number(value, least)


def _names(value: Any) -> bool:
    named = isinstance(value, (list, tuple)) and bool(value)
    return value is None or (named and all(isinstance(name, str) and name for name in value))


_SIZE: Rule = "a whole number of at least 1", lambda v: _whole(v, 1)
_SCALE: Rule = "above 0", lambda v: _number(v, 0) and v > 0
_SEED: Rule = "a whole number of at least 0", lambda v: _whole(v, 0)
_TRUTH: Rule = "True or False", lambda v: isinstance(v, bool)
_ANY: Rule = "anything", lambda _: True
_RULES: dict[str, Rule] = {
    "r": _SIZE,
    "size": _SIZE,
    "frequency": _SIZE,
    "k": _SIZE,
    "alpha": _SCALE,
    "lambda": _SCALE,
    "scaling": _SCALE,
    "initial": _SCALE,
    "rslora": _TRUTH,
    "GS": _TRUTH,
    "both": _TRUTH,
    "key": _SEED,
    "seed": _SEED,
    "dropout": ("at least 0 and below 1", lambda v: _number(v, 0, 1)),
    "factor": ("a whole number of at least 1, or -1", lambda v: v == -1 or _whole(v, 1)),
    "modules": ("a list of one or more names of layers, or None", _names),
}
"""By the last word of an argument what it may be; a class says the rest itself."""


class Peft(Transfer):
    """A method of peft; subclasses are frozen dataclasses with `target_modules` as a field.

    Raises:
        ConfigError: A value out of range.
    """

    cost: ClassVar[str] = "each adapted layer does more work; few numbers to train and to keep"
    adds: ClassVar[bool] = True
    theirs: ClassVar[str] = ""
    """The configuration in peft, where that is not the name and "Config"."""
    always: ClassVar[Mapping[str, Any]] = {}
    """Arguments of that configuration that are no choice."""
    adapts: ClassVar[str] = "linear layers"
    convolutions: ClassVar[bool] = False
    """Whether it adapts convolutions, too."""

    target_modules: list[str] | None

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            value, word = getattr(self, item.name), item.name.rpartition("_")[2]
            rule, allowed = _RULES.get(word, _ANY)
            if not allowed(value):
                raise ConfigError(
                    f"`{item.name}` of {type(self).__name__} is {rule}; found {value!r}"
                )

    def put(self, encoder: Encoder, tasks: Sequence[str] = ()) -> None:
        """Wrap the layers to adapt; all numbers but the added ones are fixed.

        Raises:
            ConfigError: No such layer, or a value that peft refuses.
        """
        del tasks  # they share it
        from peft.mapping import PEFT_TYPE_TO_TUNER_MAPPING

        made: Any = replace(self, target_modules=self._targets(encoder))  # type: ignore[type-var]
        try:
            config = made.config()
            encoder.grows(repr(made))
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Unsupported layer type")  # sizes it needs not
                PEFT_TYPE_TO_TUNER_MAPPING[config.peft_type](encoder, config, "default")
        except (ValueError, TypeError, AssertionError, RuntimeError) as error:
            raise ConfigError(f"{self}: {error}") from error
        for name in made.target_modules:
            _look_alike(encoder.get_submodule(name))

    def config(self) -> Any:
        """The configuration in peft."""
        import peft

        given = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        kind: Any = getattr(peft, self.theirs or f"{type(self).__name__}Config")
        return kind(**given, **self.always)

    def fits(self, module: nn.Module) -> bool:
        """Whether it adapts `module`."""
        from torch import nn

        if isinstance(module, nn.Conv2d):
            return self.convolutions and module.kernel_size == (1, 1) and module.groups == 1
        return isinstance(module, nn.Linear)

    def _targets(self, encoder: Encoder) -> list[str]:
        """The full names of the layers to adapt, of those that are trained."""
        names = [
            name
            for name, module in encoder.named_modules()
            if self.fits(module) and all(number.requires_grad for number in module.parameters())
        ]
        if not names:
            raise ConfigError(
                f"{type(self).__name__} adapts {self.adapts}, and this encoder has none that is "
                "trained; choose another `transfer`"
            )
        for wanted in self.target_modules or []:
            if not any(_ends(name, wanted) for name in names):
                short = {name.rpartition(".")[2] for name in names}
                raise ConfigError(
                    f"`target_modules` of {type(self).__name__} names layers of the encoder; found "
                    f"{wanted!r}: {nearest(wanted, short)} (in full: {listed(names, 2)})"
                )
        ends = self.target_modules
        return [n for n in names if ends is None or any(_ends(n, end) for end in ends)]


def _look_alike(layer: Any) -> None:
    """Let a wrapped convolution tell its shape, which models with padding of their own ask for."""
    for fact in ("stride", "kernel_size", "dilation"):
        if hasattr(layer.base_layer, fact):
            setattr(layer, fact, getattr(layer.base_layer, fact))


def _ends(name: str, end: str) -> bool:
    return name == end or name.endswith(f".{end}")
