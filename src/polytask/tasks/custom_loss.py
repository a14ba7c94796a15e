"""Losses that a user's code computes, a batch at a time, where it can reach nothing.

The file is that of the step `loss`: `main(inputs)` is given

```
labels   the labels of the task in the order of the scores; none for a regression
scores   a row of one number a label (before any softmax; for ordered labels logarithms of
         probabilities), or for a regression a number
targets  a label a row, or for a regression a number, in standard deviations from the mean
```
and returns `{"losses": [a number a row], "gradients": [as `scores`]}`: the loss of each row, about
1 for an answer that knows nothing, and its derivative by that row's scores. Every batch runs the
file anew, so it can keep nothing from one to the next; numpy is there at once.
"""

from __future__ import annotations

import functools
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import CodeError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = frozenset({"binary", "multiclass", "ordinal", "regression"})
"""The kinds of tasks that have a number a label, or one."""
NAME = "loss.py"
"""What messages call the file once it has become part of a task."""
_SECONDS, _MEMORY = 20.0, 2 * 2**30
_STEP = 1e-5  # of scores, to see what the losses do
_CLOSE = 0.01  # share by which a gradient may differ from what the losses do
_TIMED = 32  # rows


@dataclass(eq=False)
class CustomLoss:
    """Asks a user's code for losses and gradients; one process for all that is asked.

    Args:
        code: The text of the file.
        labels: The labels in the order of the scores; empty for a regression.
        task: The task, for messages.
        file: What messages call the file.
    """

    code: str
    labels: tuple[str, ...] = ()
    task: str = ""
    file: str = NAME
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
            raise CodeError(f"The step `loss` of {self.task!r}: {found}")
        losses = self._numbers(found, "losses", scores.shape[:1])
        return losses, self._numbers(found, "gradients", scores.shape)

    def _open(self) -> Any:
        if self._asked is None:
            from polytask.isolation import Limits, Rows

            self._asked = Rows(self.file, self.code, Limits(_SECONDS, _MEMORY))
            weakref.finalize(self, self._asked.close)
        return self._asked

    def _numbers(self, found: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
        value = found.get(name) if isinstance(found, dict) else None
        try:
            made = np.asarray(value)
        except ValueError:  # rows of different lengths
            made = np.empty(0)
        # Without a type asked for, texts, true and false, and numbers beyond 64 bits show here.
        plain = made.shape == shape and made.dtype.kind in "iuf"
        if not plain or not np.isfinite(made).all():
            wanted = " × ".join(map(str, shape))
            raise CodeError(
                f"The step `loss` of {self.task!r}: {self.file}: main(inputs) returns "
                f'{{"losses": […], "gradients": […]}}; `{name}` is {wanted} finite numbers; found '
                f"{value!r:.80}"
            )
        return made.astype(np.float64)


def check(code: str, name: str, kind: str, labels: tuple[str, ...] = (), file: str = NAME) -> None:
    """Try code on a few rows, one of each label, before anything is trained.

    Args:
        code: The text of the file.
        name: The task.
        kind: Its kind.
        labels: Its labels, two or more; none for a regression.
        file: What messages call the file.

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
    loss = CustomLoss(code, labels, name, file)
    scores, targets = _example(labels, max(4, len(labels)))
    step = _STEP * np.random.default_rng(1).normal(size=scores.shape)
    try:
        gradients = loss(scores, targets)[1]
        by_losses = (loss(scores + step, targets)[0] - loss(scores - step, targets)[0]) / 2
    except CodeError as error:
        given = f"lists of {len(labels)} numbers, `targets` labels" if labels else "numbers, as are"
        given += "" if labels else " `targets`"
        raise CodeError(f"{error} (tried on {len(targets)} rows: `scores` are {given})") from error
    where = f"The step `loss` of {name!r}: {file}"
    if not gradients.any():
        raise CodeError(f"{where}: all its gradients are 0, so nothing would be learned by it")
    by_gradients = (gradients * step).reshape(len(targets), -1).sum(1)
    apart = np.abs(by_losses - by_gradients)
    most = max(np.abs(by_losses).max(), np.abs(by_gradients).max())
    if (apart > _CLOSE * np.abs(by_gradients) + 0.1 * _CLOSE * most).any():
        row = int(apart.argmax())
        raise CodeError(
            f"{where}: its gradients are not those of its losses: a small step changes the loss of "
            f"a row with the target {targets[row]!r} by {by_losses[row]:.3g}, and the gradients "
            f"say {by_gradients[row]:.3g}"
        )


@functools.lru_cache(maxsize=64)
def seconds_of(code: str, labels: tuple[str, ...]) -> float:
    """Seconds that code takes for a batch of 32 rows; 0 where it fails, as training will tell."""
    loss, spent = CustomLoss(code, labels), []
    for _ in range(3):  # the first starts a process
        began = time.monotonic()
        try:
            loss(*_example(labels, _TIMED))
        except CodeError:
            return 0.0
        spent.append(time.monotonic() - began)
    return min(spent[1:])


def _example(labels: tuple[str, ...], rows: int) -> tuple[np.ndarray, list[str | float]]:
    """Scores drawn at random and targets, every label in turn."""
    drawn = np.random.default_rng(0)
    if not labels:
        return drawn.normal(size=rows), [row - (rows - 1) / 2 for row in range(rows)]
    return drawn.normal(size=(rows, len(labels))), [labels[n % len(labels)] for n in range(rows)]
