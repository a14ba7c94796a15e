"""Moving embedded words up the slope of a loss: what FGM, PGD, FreeLB and VAT share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.learning.regularising.regulariser import Regulariser, number, only_text
from polytask.learning.transfer.transfer import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from polytask.learning.looking import Answers, Look
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Task


@dataclass(frozen=True)
class Adversarial(Regulariser):
    """Training on words that were moved so that the loss grows; all arguments are above 0.

    Args:
        epsilon: How far a row is moved, as a share of the length of all its embedded words: the
            same number then fits any encoder.

    Raises:
        ConfigError: A value out of range.
    """

    epsilon: float = 0.02

    def __post_init__(self) -> None:
        for item in fields(self):
            check = whole_number if isinstance(item.default, int) else number
            check(item.name, getattr(self, item.name))

    def check(self, settings: Settings) -> None:
        """Refuse fixed layers over the words, whose output is remembered.

        Raises:
            ConfigError: The recipe trains the upper layers alone.
        """
        if settings.layers is not None:
            raise ConfigError(
                f"`regulariser` {type(self).__name__} moves embedded words in each step, and "
                f"{type(settings).__name__} computes the layers over them once and remembers what "
                "they give; take FineTune, or another regulariser, as RDrop()"
            )

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse images.

        Raises:
            ConfigError: Images.
        """
        only_text(type(self).__name__, "moves embedded words", tasks)


class Ball:
    """Moves of the words of a batch, each row within its radius; tensors are a table each.

    Args:
        look: The batch.
        epsilon: Radius as a share of the length of the words of a row.
    """

    def __init__(self, look: Look, epsilon: float) -> None:
        self.look = look
        self.words = look.words()
        self.places = [
            _places(words, n) for words, n in zip(self.words, look.lengths(), strict=True)
        ]
        self.radii = [
            epsilon * _length(words.detach() * places)
            for words, places in zip(self.words, self.places, strict=True)
        ]

    def centre(self) -> list[Tensor]:
        """No move."""
        return [words.new_zeros(words.shape) for words in self.words]

    def random(self, share: float = 1.0) -> list[Tensor]:
        """Moves in random directions, `share` of the radius long."""
        import torch

        found = [
            torch.randn_like(words) * p for words, p in zip(self.words, self.places, strict=True)
        ]
        return [share * r * _direction(d) for r, d in zip(self.radii, found, strict=True)]

    def ask(self, moves: Sequence[Tensor]) -> Answers:
        """One pass over the moved words."""
        return self.look([words + move for words, move in zip(self.words, moves, strict=True)])

    def climb(
        self,
        moves: Sequence[Tensor],
        height: Callable[[Answers], Tensor],
        step: float = 1.0,
        *,
        afresh: bool = False,
    ) -> tuple[Answers, list[Tensor]]:
        """One pass, and the moves after a step up the slope of `height`.

        Args:
            moves: Where to stand.
            height: A number from the answers there.
            step: Length of the step as a share of the radius.
            afresh: Step from the centre, not from `moves`.
        """
        import torch

        with torch.enable_grad():
            leaves = [move.detach().requires_grad_() for move in moves]
            answers = self.ask(leaves)
            slopes = torch.autograd.grad(
                height(answers), leaves, retain_graph=True, materialize_grads=True
            )
        start = self.centre() if afresh else moves
        stepped = [
            move.detach() + step * radius * _direction(slope)
            for move, radius, slope in zip(start, self.radii, slopes, strict=True)
        ]
        return answers, self.within(stepped)

    def within(self, moves: Sequence[Tensor]) -> list[Tensor]:
        """The moves, cut back to the radius where they are longer."""
        return [
            move * (radius / _length(move).clamp_min(1e-12)).clamp(max=1.0)
            for move, radius in zip(moves, self.radii, strict=True)
        ]


def _places(words: Tensor, lengths: list[int]) -> Tensor:
    """1 where a word stands, 0 where a row is padded, `(s, t, 1)`."""
    import torch

    places = torch.arange(words.shape[1], device=words.device)
    return (places < torch.tensor(lengths, device=words.device)[:, None])[..., None].to(words.dtype)


def _length(rows: Tensor) -> Tensor:
    """The Euclidean length of each row `(s, t, d)`, `(s, 1, 1)`."""
    found: Tensor = rows.flatten(1).norm(dim=1)
    return found[:, None, None]


def _direction(rows: Tensor) -> Tensor:
    """Each row `(s, t, d)` at length 1; a row of zeros stays one."""
    return rows / _length(rows).clamp_min(1e-12)
