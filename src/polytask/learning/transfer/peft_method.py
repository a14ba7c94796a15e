"""How a method of peft gets into an encoder."""

from __future__ import annotations

import warnings
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

from polytask._catalogue import nearest
from polytask._errors import ConfigError
from polytask.learning.transfer.transfer import Transfer, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from polytask.learning.encoders.encoder import Encoder


class Peft(Transfer):
    """A method of peft; subclasses are frozen dataclasses with `target_modules` as a field."""

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
