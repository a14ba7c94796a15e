"""Losses that a user's code computes, a batch at a time, where it can reach nothing.

The file is that of the step `loss`: `main(inputs)` is given

```
labels   the labels of the task in the order of the scores; none for a regression
scores   a row of one number a label (before any softmax), or for a regression a number
targets  a label a row, or for a regression a number, in standard deviations from the mean
```
and returns `{"losses": [a number a row], "gradients": [as `scores`]}`: the loss of each row, about
1 for an answer that knows nothing, and its derivative by that row's scores.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import CodeError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = frozenset({"binary", "multiclass", "ordinal", "regression"})
"""The kinds of tasks that have a number a label, or one."""
_NAME = "loss.py"
_SECONDS, _MEMORY = 20.0, 2 * 2**30


@dataclass(eq=False)
class CustomLoss:
    """Asks a user's code for losses and gradients; one process for all that is asked.

    Args:
        code: The text of the file.
        labels: The labels in the order of the scores; empty for a regression.
    """

    code: str
    labels: tuple[str, ...] = ()
    _asked: Any = field(default=None, init=False, repr=False)

    def __call__(
        self, scores: np.ndarray, targets: Sequence[str | float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Losses `(n,)` and gradients of the shape of `scores`, `(n, C)` or `(n,)`.

        Raises:
            CodeError: The code fails, or returns something else.
            MissingError: The machine has no way to shut code in.
        """
        given = {"labels": [*self.labels], "scores": scores.tolist(), "targets": [*targets]}
        (found,) = self._open().answer([given])
        if isinstance(found, CodeError):
            raise CodeError(f"The step `loss`: {found}")
        losses, gradients = (
            _numbers(found, name, shape)
            for name, shape in (("losses", scores.shape[:1]), ("gradients", scores.shape))
        )
        return losses, gradients

    def _open(self) -> Any:
        if self._asked is None:
            from polytask.isolation import Limits, Rows

            self._asked = Rows(_NAME, self.code, Limits(_SECONDS, _MEMORY))
            weakref.finalize(self, self._asked.__exit__, None, None, None)
        return self._asked


def check(code: str, name: str, kind: str, labels: tuple[str, ...]) -> None:
    """Try code on a few rows before anything is trained.

    Args:
        code: The text of the file.
        name: The task.
        kind: Its kind.
        labels: Its labels.

    Raises:
        CodeError: The code fails, returns something else, or its gradients are not those of its
            losses.
        ConfigError: The task is of another kind.
    """
    if kind not in KINDS:
        raise ConfigError(
            f"Task {name!r}: the step `loss` is for {', '.join(sorted(KINDS))} tasks, and this one "
            f"is {kind}: leave it out"
        )
    loss = CustomLoss(code, labels)
    drawn = np.random.default_rng(0)
    scores = drawn.normal(size=(4, len(labels)) if labels else 4)
    targets = [labels[row % len(labels)] if labels else float(row) - 1.5 for row in range(4)]
    losses, gradients = loss(scores, targets)
    step = 1e-5 * drawn.normal(size=scores.shape)
    moved = (loss(scores + step, targets)[0] - loss(scores - step, targets)[0]) / 2
    told = (gradients * step).reshape(len(losses), -1).sum(1)
    if not np.allclose(moved, told, rtol=1e-2, atol=1e-8):
        raise CodeError(
            f"The step `loss` of {name!r}: its gradients are not those of its losses: a small step "
            f"changes the loss of a row by {moved[0]:.3g}, and the gradients say {told[0]:.3g}"
        )


def _numbers(found: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    value = found.get(name) if isinstance(found, dict) else None
    try:
        made = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        made = np.empty(0)
    if made.shape != shape or not np.isfinite(made).all():
        wanted = " × ".join(map(str, shape))
        raise CodeError(
            f'The step `loss`: {_NAME}: main(inputs) returns {{"losses": […], "gradients": […]}}; '
            f"`{name}` is {wanted} finite numbers; found {value!r:.80}"
        )
    return made
