"""A linear model over the features of a frozen encoder: seconds, and hard to beat on few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from polytask._errors import ConfigError
from polytask.learning.probing import Labelled, Scaling, Tables, frozen_encoder
from polytask.learning.recipes.recipe import Recipe
from polytask.learning.samples import evenly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.linear import Linear
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Task

_PENALTIES = (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4)
_DEFAULT = 0.1  # where no dev row can choose
_RANKED = 1.0  # there for ordered classes on one line: LOG.md, "Few examples"
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
        ranked: Whether one number ranks ordered classes where dev does not choose; surer on a few
            rows a class (LOG.md, "Few examples").
    """

    cost: ClassVar[str] = "one pass of the encoder over the rows, then seconds a task"
    version: ClassVar[int] = 3
    can_start: ClassVar[bool] = True
    stores_features: ClassVar[bool] = True

    penalty: float | None = None
    ranked: bool = False

    @property
    def grid(self) -> tuple[float, ...]:
        """The penalties that dev chooses from, strong to weak; the stated one alone."""
        return _PENALTIES if self.penalty is None else (self.penalty,)

    def __post_init__(self) -> None:
        if self.penalty is not None and not self.penalty > 0:
            raise ConfigError(f"`penalty` is above 0 or None; found {self.penalty!r}")

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> NeuralPart:
        """Compute features where the cache has none, then fit each task's layer.

        Raises:
            ConfigError: Text and images together.
            MissingError: No weights; the message holds the command that gets them.
        """
        from polytask.learning.precision import settle

        dtype = settle(context)
        return self.over(frozen_encoder(tasks, fold, context), tasks, fold, context, dtype)

    def over(
        self, encoder: Encoder, tasks: Sequence[Task], fold: Fold, context: Context, dtype: str
    ) -> NeuralPart:
        """As `fit`, over an `encoder` at hand that computes in `dtype`; it stays as it is."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        from polytask.learning.neural_part import NeuralPart, linear_head

        tables = Tables(tasks, fold, encoder, context, dtype)
        heads = {}
        with threadpool_limits(limits=max(1, context.threads)):
            for task in tasks:
                model = self._search(task, tables)
                heads[task.name] = linear_head(task, model.weight.T, model.bias)
        part = NeuralPart(encoder, heads, recipe=str(self), dtype=dtype)
        part.cut = tables.cut()
        return part

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds: one pass of the encoder over all rows, and the fits."""
        from polytask.learning.speed import START, speed

        rows = sum(len(part) for split in (fold.train, fold.dev) for part in split.values())
        found = speed(tasks, fold, context)
        return START + rows * found.forward + sum(_seconds(task, fold) for task in tasks)

    def _search(self, task: Task, tables: Tables) -> Linear:
        """The layer of one task, on the scale of the raw features."""
        train, dev = tables.of(task, "train"), tables.of(task, "dev")
        scaling = Scaling.learn(train.features)
        features = scaling(train.features)
        if self.penalty is not None or not dev.targets:
            return scaling.folded(_fitted(task, features, train.truth, self._fixed(task)))
        index = evenly(len(features), _SEARCHED)
        fit, model = _best(task, (features[index], train.truth[index]), dev, scaling)
        if len(index) < len(features):
            model = _fitted(task, features, train.truth, fit, start=model)
        return scaling.folded(model)

    def _fixed(self, task: Task) -> _Fit:
        """How a layer is fitted that no dev row chooses."""
        if task.kind == "ordinal" and self.ranked:
            return _Fit("line", self.penalty or _RANKED)
        return _Fit("line" if task.kind == "regression" else "classes", self.penalty)


@dataclass(frozen=True)
class _Fit:
    """A candidate: how a layer is fitted ("classes", "line") and how strongly it is penalised."""

    way: str
    penalty: float | None


def _best(
    task: Task, train: tuple[np.ndarray, np.ndarray], dev: Labelled, scaling: Scaling
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
