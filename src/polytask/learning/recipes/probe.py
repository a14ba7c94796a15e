"""A linear model over the features of a frozen encoder: seconds, and hard to beat on few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import ConfigError
from polytask.learning.recipes.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.features import RowFeatures
    from polytask.learning.linear import Linear
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Rows, Task

_PENALTIES = (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4)
_DEFAULT = 0.1  # where no dev row can choose
_SEARCHED = 30_000  # rows or tokens that candidates are fitted on; the winner gets all


@dataclass(frozen=True)
class Probe(Recipe):
    """A linear model over the features of a frozen pretrained encoder, computed once.

    The features are standardised, the strength of the L2 penalty is chosen on dev, and both are
    folded into one linear layer, so that probes over the same encoder become one part that reads
    every row once. Source: Alain & Bengio, "Understanding intermediate layers using linear
    classifier probes", 2016, arXiv 1610.01644.

    Args:
        penalty: L2 penalty beside the mean loss of a row; `None` searches.
    """

    penalty: float | None = None

    def __post_init__(self) -> None:
        if self.penalty is not None and not self.penalty > 0:
            raise ConfigError(f"`penalty` is above 0 or None; found {self.penalty!r}")

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Compute features where the cache has none, then fit each task's layer.

        Raises:
            ConfigError: Text and images together.
            MissingError: No weights; the message holds the command that gets them.
        """
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        from polytask.learning.neural_part import NeuralPart, linear_head
        from polytask.learning.precision import settle

        dtype = settle(context)
        encoder = _encoder(tasks, fold, context)
        tables = _Tables(tasks, fold, encoder, context, dtype)
        heads = {}
        with threadpool_limits(limits=max(1, context.threads)):
            for task in tasks:
                model = self._search(task, tables)
                heads[task.name] = linear_head(task, model.weight.T, model.bias)
        return NeuralPart(encoder, heads, recipe=str(self), dtype=dtype)

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds: one pass of the encoder over all rows, and the fits."""
        from polytask.learning.speed import START, speed

        rows = sum(len(part) for split in (fold.train, fold.dev) for part in split.values())
        found = speed(tasks, fold, context)
        return START + rows * found.forward + sum(_seconds(task, fold) for task in tasks)

    def _search(self, task: Task, tables: _Tables) -> Linear:
        """The layer of one task, on the scale of the raw features."""
        train, dev = tables.of(task, "train"), tables.of(task, "dev")
        scaling = _Scaling.learn(train.features)
        features = scaling(train.features)
        if self.penalty is not None or not dev.targets:
            fit = _Fit("line" if task.kind == "regression" else "classes", self.penalty)
            return scaling.folded(_fitted(task, features, train.truth, fit))
        index = _sample(len(features))
        fit, model = _best(task, (features[index], train.truth[index]), dev, scaling)
        if len(index) < len(features):
            model = _fitted(task, features, train.truth, fit, start=model)
        return scaling.folded(model)


@dataclass(frozen=True)
class _Fit:
    """A candidate: how a layer is fitted ("classes", "line") and how strongly it is penalised."""

    way: str
    penalty: float | None


@dataclass(frozen=True)
class _Labelled:
    """Labelled rows of one task, or for tagging their tokens one after the other.

    Args:
        features: `(n, d)`.
        truth: Targets as numbers, one a line of `features`.
        targets: Targets as they are, one a row.
        ends: Where each row's tokens end; `None` unless tagging.
    """

    features: np.ndarray
    truth: np.ndarray
    targets: list[Any]
    ends: np.ndarray | None = None

    def scores(self, task: Task, values: np.ndarray) -> Any:
        """Values of a linear model as scores of the rows."""
        from polytask.learning.linear_part import as_scores

        if self.ends is not None:
            return np.split(values, self.ends[:-1])
        return as_scores(task, values)


class _Tables:
    """Features of every table of a fold, computed once for all tasks."""

    def __init__(
        self, tasks: Sequence[Task], fold: Fold, encoder: Encoder, context: Context, dtype: str
    ) -> None:
        self.encoder = encoder
        self.splits: dict[str, Mapping[str, Rows]] = {"train": fold.train, "dev": fold.dev}
        self.tagged = {task.table for task in tasks if task.kind == "tagging"}
        self.cache = context.cache
        self.dtype = dtype
        self._made: dict[tuple[str, str], RowFeatures] = {}

    def of(self, task: Task, split: str) -> _Labelled:
        """The rows of `split` that carry a label for `task`."""
        from polytask.learning.selection import as_truth

        rows = self.splits[split].get(task.table)
        if rows is None or task.name not in rows.targets:
            return _Labelled(np.zeros((0, self.encoder.dim), np.float32), np.zeros(0), [])
        targets = rows.targets[task.name]
        index = [i for i, target in enumerate(targets) if target is not None]
        found = self._features(task.table, split, rows).take(index)
        kept = [targets[i] for i in index]
        if task.kind == "tagging":
            return _tokens(task, found, kept)
        return _Labelled(found.vectors, as_truth(task, kept), kept)

    def _features(self, table: str, split: str, rows: Rows) -> RowFeatures:
        from polytask.learning.features import features

        if (table, split) not in self._made:
            self._made[table, split] = features(
                self.encoder,
                rows.inputs,
                cache=self.cache,
                dtype=self.dtype,
                tokens=table in self.tagged,
            )
        return self._made[table, split]


def _tokens(task: Task, found: RowFeatures, targets: list[Any]) -> _Labelled:
    from polytask.learning.selection import as_truth

    lines = found.tokens or []
    for line, target in zip(lines, targets, strict=True):
        if len(line) != len(target):
            raise ConfigError(
                f"Task {task.name!r} tags tokens; its input must be a list of as many tokens as "
                f"tags, found {len(line)} and {len(target)}"
            )
    flat = np.concatenate(lines) if lines else np.zeros((0, 1), np.float16)
    tags = [tag for target in targets for tag in target]
    ends = np.cumsum([len(target) for target in targets])
    return _Labelled(flat, as_truth(task, tags), targets, ends)


@dataclass(frozen=True)
class _Scaling:
    """Mean and deviation of each feature in training."""

    mean: np.ndarray
    deviation: np.ndarray

    @staticmethod
    def learn(features: np.ndarray) -> _Scaling:
        """Take both from training rows; a feature that never changes is left alone."""
        mean = features.mean(axis=0, dtype=np.float64)
        square = np.square(features, dtype=np.float32).mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(np.maximum(square - mean**2, 0))
        deviation[deviation < 1e-6] = 1.0
        return _Scaling(mean.astype(np.float32), deviation.astype(np.float32))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The features with mean 0 and deviation 1, float32."""
        scaled = features.astype(np.float32)
        scaled -= self.mean
        scaled /= self.deviation
        return scaled

    def folded(self, model: Linear) -> Linear:
        """The same answers from features that are not scaled."""
        from polytask.learning.linear import Linear

        weight = model.weight / self.deviation[:, None]
        return Linear(weight, model.bias - self.mean @ weight)


def _best(
    task: Task, train: tuple[np.ndarray, np.ndarray], dev: _Labelled, scaling: _Scaling
) -> tuple[_Fit, Linear]:
    """The candidate that dev likes best; with a tie the more strongly penalised one."""
    from polytask.learning.selection import quality

    checked = scaling(dev.features)
    best: tuple[float, tuple[_Fit, Linear]] | None = None
    worse = dict.fromkeys(("classes", "line"), 0)
    for fit, model in _candidates(task, *train, worse):
        found = quality(task, dev.scores(task, model(checked)), dev.targets)
        if best is None or found > best[0]:
            best, worse[fit.way] = (found, (fit, model)), 0
        else:
            worse[fit.way] += 1
    assert best is not None
    return best[1]


def _candidates(
    task: Task, features: np.ndarray, truth: np.ndarray, worse: Mapping[str, int]
) -> Iterator[tuple[_Fit, Linear]]:
    """Fits from strong to weak penalties; a way ends after three that were not better."""
    from polytask.learning.logistic import logistic_path

    if task.kind != "regression":
        steps = _steps(len(features))
        path = logistic_path(features, truth, len(task.labels), _PENALTIES, steps=steps)
        for penalty, model in zip(_PENALTIES, path, strict=True):
            yield _Fit("classes", penalty), model
            if worse["classes"] >= 3:
                break
    if task.kind in ("regression", "ordinal"):
        for penalty in _PENALTIES:
            fit = _Fit("line", penalty)
            yield fit, _fitted(task, features, truth, fit)
            if worse["line"] >= 3:
                break


def _fitted(
    task: Task, features: np.ndarray, truth: np.ndarray, fit: _Fit, start: Linear | None = None
) -> Linear:
    from polytask.learning.linear import rank, regress
    from polytask.learning.logistic import logistic_path

    penalty = _DEFAULT if fit.penalty is None else fit.penalty
    if fit.way == "line":
        whole = penalty * len(features)  # the ridge counts the sum over rows, not their mean
        if task.kind == "regression":
            return regress(features, truth, whole)
        return rank(features, truth, len(task.labels), whole)
    count = len(task.labels)
    steps = _steps(len(features))
    path = logistic_path(features, truth, count, (penalty,), steps=steps, start=start)
    return next(path)


def _steps(rows: int) -> int:
    return 100 if rows <= _SEARCHED else 30  # the latter begin at what a sample found


def _sample(count: int) -> np.ndarray:
    if count <= _SEARCHED:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, _SEARCHED, replace=False))


def _encoder(tasks: Sequence[Task], fold: Fold, context: Context) -> Encoder:
    """The encoder, all of it fixed, so that a candidate need not save its weights."""
    from polytask.learning.encoders.siamese import Siamese
    from polytask.learning.encoders.text import TextEncoder
    from polytask.learning.fitting import encoder_of

    encoder = encoder_of(tasks, fold, context).to(context.device)
    if isinstance(encoder, TextEncoder) and all(_pair(task) for task in tasks):
        encoder = Siamese(encoder)
    encoder.requires_grad_(False)
    encoder.remember()
    encoder.eval()
    return encoder


def _pair(task: Task) -> bool:
    return len(task.inputs) == 2 and task.kind != "tagging"


def _seconds(task: Task, fold: Fold) -> float:
    rows = fold.train.get(task.table)
    if rows is None:
        return 0.0
    count = len(rows)
    if task.kind == "tagging":
        count = sum(len(tags) for tags in rows.targets[task.name] if isinstance(tags, list))
    # 384 features a row, forward and back, at about 3e10 operations a second and core
    step = 4 * 384 * max(1, len(task.labels)) / 3e10 + 2e-8 * max(1, len(task.labels))
    searched = min(count, _SEARCHED) * len(_PENALTIES) * 40
    return 0.5 + step * (searched + (30 * count if count > _SEARCHED else 0))
