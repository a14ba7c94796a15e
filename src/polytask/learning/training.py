"""The training loop: one short loop for every neural recipe.

AdamW with warm-up and linear decay unless told otherwise, clipping, bfloat16 where the processor
has it; the state that was best on dev is kept; a checkpoint an epoch, from which training goes on
bit for bit.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from polytask.learning import checkpoints
from polytask.learning.adapting import Adapting
from polytask.learning.batches import epoch_batches, mixed_batches, taken, train_table
from polytask.learning.dev import DevRows, findings
from polytask.learning.encoders.marks import tally
from polytask.learning.heads.choosing import chosen
from polytask.learning.looking import Look
from polytask.learning.lowered import Lowered
from polytask.learning.moved import Start, foretell, pulls
from polytask.learning.optimisers import optimiser
from polytask.learning.sampling.sampling import When
from polytask.learning.teachers import Teachers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from polytask.learning.encoders.encoder import Features
    from polytask.learning.encoders.marks import Cut
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Fold


@dataclass
class Progress:
    """Where training stands; all of it goes into a checkpoint.

    Args:
        epoch: Finished epochs.
        best: Best mean quality on dev so far, `None` before the first epoch.
        best_epoch: The epoch of `best`, from 1.
        state: The trained numbers at the end of the best epoch.
        history: By epoch the mean quality on dev.
        lines: By epoch its event, told again when training goes on from a checkpoint.
        gaps: By epoch, by task what it lacked to perfection on dev.
        looks: What the gradients of tasks foretold at the start of epochs (see `moved.foretell`).
    """

    epoch: int = 0
    best: float | None = None
    best_epoch: int = 0
    state: list[Tensor] = field(default_factory=list)
    history: list[float] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, float]] = field(default_factory=list)
    looks: list[dict[str, dict[str, float]]] = field(default_factory=list)


def train(part: NeuralPart, fold: Fold, context: Context, settings: Settings) -> None:
    """Train `part` in place on the training rows of `fold`; it ends in its best state on dev.

    Args:
        part: Encoder (frozen as wanted, on its device) and fresh heads.
        fold: Rows with labels for the tasks of the part.
        context: Seed, device, cache, where events and checkpoints go.
        settings: The numbers of the run.
    """
    run = Run(part, fold, context, settings)
    dev = complete(run, fold)
    for text in findings(part, fold, dev, run.progress.history, settings.epochs):
        context.emit({"event": "note", "text": text})


def complete(run: Run, fold: Fold) -> DevRows:
    """Take all epochs of `run`, after those of its checkpoint if there is one.

    Args:
        run: A run that was just made.
        fold: Its rows; without dev rows the last state stays.
    """
    part, context, settings = run.part, run.context, run.settings
    checkpoints.resume(run)
    for line in run.progress.lines:
        context.emit({**line, "again": True})  # of an earlier session; a report shows all epochs
    dev = DevRows(part, fold)
    part.cut = _cut(run, fold, dev)
    written = time.monotonic()
    while run.progress.epoch < settings.epochs and not run.is_over():
        losses = run.epoch()
        with run.course.answering():
            qualities = dev.qualities()
        run.step(dev.mean(qualities), dev.gaps(qualities))
        line = {
            "event": "epoch",
            "epoch": run.progress.epoch,
            "epochs": settings.epochs,
            "loss": losses,
            "dev": dev.metrics(qualities),
        }
        run.progress.lines.append(line)
        context.emit(line)
        run.adapting.look()
        if time.monotonic() - written >= checkpoints.EVERY:
            checkpoints.write(run)
            written = time.monotonic()
    run.finish()
    return dev


def _cut(run: Run, fold: Fold, dev: DevRows) -> Cut:
    """How many rows were not read as they are."""
    read = [("train", fold.train[n], table.prepared.marked) for n, table in run.tables.items()]
    read += [("dev", rows, prepared.marked) for prepared, rows in dev.tables.values()]
    return tally(read)


class Run:
    """One training run: tables, optimiser, balancer and progress.

    Args:
        part: See `train`.
        fold: See `train`.
        context: See `train`.
        settings: See `train`.
    """

    def __init__(self, part: NeuralPart, fold: Fold, context: Context, settings: Settings) -> None:
        self.part, self.context, self.settings = part, context, settings
        self.adapting = Adapting(self)
        self.tables = {
            name: train_table(rows, part.encoder, part.heads, settings.drawing)
            for name, rows in fold.train.items()
            if len(rows)
        }
        part.encoder.narrow([table.prepared for table in self.tables.values()])
        self.start = Start(part.encoder) if len(part.heads) > 1 else None
        self.weigh = settings.balancer.start(list(part.heads)).to(part.encoder.device)
        self.losses = {
            name: chosen(head.task, settings.loss) or head.loss()
            for name, head in part.heads.items()
        }
        self.teachers = Teachers(part.heads, fold, context.teachers)
        self.trained = _trained(part, self.weigh)
        self.optimiser = _optimiser(part, self.weigh, settings)
        self.lowered = Lowered(part.encoder, part.dtype)
        self.progress = Progress()
        self.steps_an_epoch = len(self._batches(0))
        self.course = self.adapting.course() or settings.transfer.course(
            part.encoder, self.trained, settings.epochs, self.steps_an_epoch
        )
        buffers = [*self.weigh.buffers(), *self.course.buffers()]
        self.kept = [*self.trained, *part.encoder.statistics(), *buffers]

    def epoch(self) -> dict[str, float]:
        """Train for one epoch; gives the mean loss of each task."""
        _set_training(self.part)
        self.course.begin(self.progress.epoch)
        sums: dict[str, list[float]] = {name: [] for name in self.part.heads}
        batches = self._batches(self.progress.epoch)
        if self.start and self.progress.epoch:  # before that the heads have learned nothing
            foretell(self, batches)
        done = self.progress.epoch * self.steps_an_epoch
        for number, batch in enumerate(batches):  # as many as in the first epoch, or nearly
            losses = self.update(batch, done + number * self.steps_an_epoch // len(batches))
            for task, loss in losses.items():
                sums[task].append(loss)
        self.weigh.step()
        self.progress.epoch += 1
        return {task: sum(values) / max(1, len(values)) for task, values in sums.items()}

    def update(self, batch: Sequence[tuple[str, np.ndarray]], step: int) -> dict[str, float]:
        """One step of the optimiser on a batch, rows by table; gives the losses."""
        steps, slower = self.settings.epochs * self.steps_an_epoch, self.adapting.rate
        for group in self.optimiser.param_groups:
            group["lr"] = group["highest"] * self.settings.rate(step, steps) * slower
        self.teachers.update(step, steps)
        losses, shared = self.batch_losses(batch)
        self.optimiser.zero_grad(set_to_none=True)
        total: Any = self.course.priced(self.weigh(losses, shared=shared))
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, self.settings.clip)
        self.optimiser.step()
        self.course.update(step)
        if self.weigh.looks_back:
            with torch.no_grad():
                self.weigh.update(self.batch_losses(batch)[0])
        values = torch.stack([loss.detach() for loss in losses.values()]).tolist()
        return dict(zip(losses, values, strict=True))

    def batch_losses(
        self, batch: Sequence[tuple[str, np.ndarray]]
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The loss of each task on a batch, rows by table, and what the tasks share.

        A loss is the sum over the labelled rows divided by all rows of the batch, times the
        task's factor: with proportional sampling the batches of an epoch, weighted by their rows,
        give the plain empirical risk.
        """
        look, regulariser = Look(self, batch), self.settings.regulariser
        answers = look() if regulariser is None else regulariser.answers(look)
        count = sum(len(index) for _, index in batch)
        factors = {
            task: factor * self.adapting.weight(task)
            for name, _ in batch
            for task, factor in self.tables[name].factors.items()
        }
        losses = {task: rows.sum() * factors[task] / count for task, rows in answers.losses.items()}
        return losses, self._shared(answers.features)

    def collated(self, table: str, index: np.ndarray) -> dict[str, Tensor]:
        """The rows `index` of `table` as a batch on the device, changed at random."""
        encoder = self.part.encoder
        generator = _generator(self.context.seed, self.progress.epoch, index)
        found = encoder.collate(self.tables[table].prepared, index.tolist(), generator)
        return {key: value.to(encoder.device) for key, value in found.items()}

    def recall(self) -> None:
        """Compute again what frozen layers gave in the epochs before, by the batches of then.

        It is remembered by row, and its last digits depend on the rows beside it: computed first
        in a later batch, as after a kill, they would be others on some processors.
        """
        if self.part.encoder.frozen:
            for epoch in range(self.progress.epoch):
                for batch in self._batches(epoch):
                    Look(self, batch)

    def _shared(self, found: Sequence[Features]) -> list[Tensor]:
        """What the balancer may look at the gradients of: features, or parameters."""
        if self.settings.balancer.per_parameter:
            return [p for p in self.part.encoder.parameters() if p.requires_grad]
        tokens = [features.tokens for features in found if features.tokens is not None]
        return [*(features.vector for features in found), *tokens]

    def step(self, value: float | None, gaps: Mapping[str, float] | None = None) -> None:
        """Take note of the mean quality on dev after an epoch; the best state is kept.

        As long as dev tells nothing, the last state is the best.

        Args:
            value: The mean quality.
            gaps: By task what it lacks to perfection.
        """
        progress = self.progress
        if gaps:
            progress.gaps.append(dict(gaps))
        progress.history.append(value if value is not None else 0.0)
        if value is None or progress.best in (None, -math.inf) or value > progress.best:
            progress.best, progress.best_epoch = value, progress.epoch
            progress.state = [tensor.detach().clone() for tensor in self.kept]

    def is_over(self) -> bool:
        """Whether dev has not improved for `patience` epochs, or the observer stopped."""
        waited = self.progress.epoch - self.progress.best_epoch
        return self.adapting.stopped or waited >= self.settings.patience

    def finish(self) -> None:
        """Put the best state back, and note what moved and how often rows were seen."""
        with torch.no_grad():
            for tensor, best in zip(self.kept, self.progress.state, strict=True):
                tensor.copy_(best)
        self.course.finish()
        if self.start:
            self.part.moved = pulls(self, self._batches(0)) | {"layers": self.start.changes()}
        self.part.encoder.widen()
        for module in (self.part.encoder, *self.part.heads.values()):
            module.eval()
        sizes = [len(table) for table in self.tables.values()]
        for number, table in enumerate(self.tables.values()):
            epochs = int(min(self.progress.epoch, self.adapting.end(table.factors)))
            rows = taken(sizes, self.settings.drawing, self._when(epochs))
            seen = round(int(rows[number]) / len(table), 2)
            self.part.passes.update(dict.fromkeys(table.factors, seen))

    def _batches(self, epoch: int) -> list[list[tuple[str, np.ndarray]]]:
        """The batches of an epoch, without the tables that are no longer trained."""
        left = {n for n, t in self.tables.items() if self.adapting.end(t.factors) <= epoch}
        if not left:
            return self._drawn(epoch)
        kept = [[piece for piece in batch if piece[0] not in left] for batch in self._drawn(epoch)]
        return [batch for batch in kept if batch]

    def _drawn(self, epoch: int) -> list[list[tuple[str, np.ndarray]]]:
        settings, seed = self.settings, self.context.seed
        given = (self.tables, settings.drawing, settings.batch_size)
        when = self._when(epoch)
        meet = settings.balancer.compares and len(self.tables) > 1
        if self.part.encoder.mixes or meet:
            return mixed_batches(*given, seed=seed, when=when)
        return [[batch] for batch in epoch_batches(*given, seed=seed, when=when)]

    def _when(self, epoch: int) -> When:
        tasks = [list(table.factors) for table in self.tables.values()]
        gaps = [self._gaps_of_tables(told) for told in self.progress.gaps[:epoch]]
        return When(epoch, self.settings.epochs, gaps, tasks, self.context.seed)

    def _gaps_of_tables(self, gaps: Mapping[str, float]) -> list[float]:
        """By table the mean gap of its tasks; of a table that dev does not judge that of all."""
        every = sum(gaps.values()) / len(gaps)
        told = [[gaps[t] for t in table.factors if t in gaps] for table in self.tables.values()]
        return [sum(found) / len(found) if found else every for found in told]


def _generator(seed: int, epoch: int, index: np.ndarray) -> np.random.Generator:
    """Augmentation that depends on what is trained on, not on how training got there."""
    import numpy as np

    return np.random.default_rng((seed, epoch, int(index[0]), len(index)))


def _set_training(part: NeuralPart) -> None:
    part.encoder.train()
    for head in part.heads.values():
        head.train()


def _trained(part: NeuralPart, weigh: nn.Module) -> list[Tensor]:
    modules: list[nn.Module] = [part.encoder, *part.heads.values(), weigh]
    return [p for module in modules for p in module.parameters() if p.requires_grad]


def _optimiser(part: NeuralPart, weigh: nn.Module, settings: Settings) -> Optimizer:
    """That of the recipe: weight decay on matrices alone, a rate of its own for the heads."""
    shares = settings.transfer.shares(part.encoder)
    rates = [(found, settings.learning_rate * factor) for found, factor in shares]
    modules = (*part.heads.values(), weigh)
    above: list[Tensor] = [p for m in modules for p in m.parameters() if p.requires_grad]
    rates.append((above, settings.head_learning_rate))
    groups = []
    for found, rate in rates:
        for members, decay in (
            ([p for p in found if p.dim() > 1], settings.weight_decay),
            ([p for p in found if p.dim() <= 1], 0.0),
        ):
            if members:
                groups.append(
                    {"params": members, "lr": rate, "highest": rate, "weight_decay": decay}
                )
    return optimiser(settings.optimiser, groups)
