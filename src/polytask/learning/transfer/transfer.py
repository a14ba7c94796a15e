"""The base of transfers: what is added to an encoder, at which rates it learns, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor, nn

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.settings import Settings
    from polytask.learning.transfer.course import Course


class Transfer:
    """Decides how a pretrained encoder is trained for new tasks.

    Subclasses are frozen dataclasses: their fields are the configuration, `repr` is the text form
    that a saved part keeps. In a plain PyTorch loop over an encoder (`learning.encoders`):

    ```diff
    + method = LoRA(r=8)
    + method.put(encoder)
      optimiser = torch.optim.AdamW(p for p in encoder.parameters() if p.requires_grad)
    ```

    Attributes:
        adds: Whether it puts numbers of its own into the encoder and fixes all that was there.
        over: Name of the transfer that the part it starts from must have; "" for none.
        apart: Whether each task reads the rows anew, by numbers of its own.
    """

    adds: ClassVar[bool] = False
    over: ClassVar[str] = ""
    apart: ClassVar[bool] = False

    def check(self, settings: Settings) -> None:
        """Refuse what does not go with `settings`.

        Raises:
            ConfigError: Two arguments that contradict each other.
        """
        if self.adds and settings.embeddings:
            raise ConfigError(
                f"`transfer` {type(self).__name__} fixes all that was pretrained and `embeddings` "
                "trains the word embeddings; leave one of the two out"
            )

    def put(self, encoder: Encoder, tasks: Sequence[str] = ()) -> None:
        """Put what it adds into `encoder`, in place, after `freeze`; most add nothing.

        Args:
            encoder: The pretrained encoder.
            tasks: Names of the tasks, for what each has of its own.
        """

    def shares(self, encoder: Encoder) -> list[tuple[list[Tensor], float]]:
        """The trained numbers of `encoder` in groups, each with the factor of its learning rate."""
        return [(trained(encoder), 1.0)]

    def course(
        self, encoder: Encoder, numbers: Sequence[Tensor], epochs: int, steps: int
    ) -> Course:
        """What it does while training runs.

        Args:
            encoder: The encoder, after `put`.
            numbers: All that is trained: encoder, heads, balancer.
            epochs: Most epochs of the training.
            steps: Steps an epoch.
        """
        from polytask.learning.transfer.course import Course

        del encoder, numbers, epochs, steps
        return Course()


def trained(module: nn.Module) -> list[Tensor]:
    """The numbers of `module` that are trained."""
    return [number for number in module.parameters() if number.requires_grad]


def trained_strata(encoder: Encoder) -> list[list[Tensor]]:
    """The trained numbers of each layer, from bottom to top; layers without any are left out."""
    return [found for found in map(trained, encoder.strata()) if found]


def whole_number(name: str, value: object, least: int = 1) -> None:
    """Refuse what is no whole number of at least `least`.

    Raises:
        ConfigError: Something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"`{name}` is a whole number of at least {least}; found {value!r}")


def listed(names: Iterable[str], most: int = 6) -> str:
    """The first `most` names, for messages.

    >>> listed("abc", 2)
    'a, b, …'
    """
    every = list(names)
    return ", ".join([*every[:most], *["…"] * (len(every) > most)])
