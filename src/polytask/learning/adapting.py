"""What an observer changed in a training so far, and what of it holds now."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from polytask.learning.observing.observer import Change, Seen, weight
from polytask.learning.transfer.course import Opening
from polytask.learning.transfer.transfer import trained_strata

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.learning.training import Run
    from polytask.learning.transfer.course import Course


class Adapting:
    """Asks the observer of a run after each epoch and makes its changes come true.

    The changes are all that is remembered, so that a training that goes on from a checkpoint
    stands where it stood.

    Args:
        run: A run in the making; its part and settings are there.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.observer = run.settings.observer
        self.changes: list[tuple[int, Change]] = []

    @property
    def rate(self) -> float:
        """Factor of all learning rates."""
        return math.prod(change.rate for _, change in self.changes)

    @property
    def stopped(self) -> bool:
        """Whether a change ended the training."""
        return any(change.stop for _, change in self.changes)

    def weight(self, task: str) -> float:
        """Factor of the loss of a task."""
        return weight(self.changes, task)

    def end(self, tasks: Iterable[str]) -> float:
        """The epoch (from 0) from which on none of `tasks` is trained, else infinity."""
        ends = {
            task: epoch
            for epoch, change in self.changes
            for task, factor in change.weights.items()
            if factor == 0
        }
        return max((ends.get(task, math.inf) for task in tasks), default=math.inf)

    def course(self) -> Course | None:
        """Opens layers as the observer says, if it begins with a few; `None` otherwise."""
        if self.observer is None or not self.observer.first:
            return None
        encoder = self.run.part.encoder
        return Opening(encoder, trained_strata(encoder), self._opened)

    def look(self) -> None:
        """Ask the observer after an epoch; its change is noted with its reason, and made.

        Nothing is asked without dev rows, nor when no epoch is left.
        """
        progress, settings = self.run.progress, self.run.settings
        if self.observer is None or not progress.gaps or progress.epoch >= settings.epochs:
            return
        change = self.observer.look(self._seen())
        if change is None:
            return
        self.changes.append((progress.epoch, change))
        text = f"After epoch {progress.epoch}: {change.reason}"
        line = {"event": "note", "text": text, "tasks": list(self.run.part.heads)}
        progress.lines.append(line)
        self.run.context.emit(line)
        if change.back:
            self._go_back()

    def plain(self) -> list[Any]:
        """The changes as plain values, for a checkpoint."""
        return [[epoch, asdict(change)] for epoch, change in self.changes]

    def restore(self, plain: Sequence[Any]) -> None:
        """Take up the changes that `plain` gave."""
        self.changes = [(int(epoch), Change(**change)) for epoch, change in plain]

    def _opened(self, epoch: int) -> int:
        assert self.observer is not None
        more = (change.layers for before, change in self.changes if before <= epoch)
        return self.observer.first + sum(more)

    def _go_back(self) -> None:
        """The best numbers again; moments begin anew, since they may be what went wrong."""
        with torch.no_grad():
            for tensor, best in zip(self.run.kept, self.run.progress.state, strict=True):
                tensor.copy_(best)
        self.run.optimiser.state.clear()

    def _seen(self) -> Seen:
        progress = self.run.progress
        losses = [line["loss"] for line in progress.lines if line["event"] == "epoch"]
        return Seen(self.run.settings.epochs, progress.history, progress.gaps, losses, self.changes)
