"""TF-IDF features and linear models: the floor that needs no weights, no torch and few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from polytask._errors import ConfigError
from polytask.learning.recipes.recipe import Recipe
from polytask.learning.samples import evenly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from polytask.learning.linear import Linear
    from polytask.learning.linear_part import LinearPart
    from polytask.learning.recipes.recipe import Context
    from polytask.tasks.task import Fold, Rows, Task

_STRENGTHS = (0.05, 0.15, 0.5, 1.5)
_PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
_SEARCHED = 12_000  # training rows that candidates are fitted on; the winner gets all
_EPOCHS = 8  # of the tagger; 9 to 12 gave the same on snips and UD English


@dataclass(frozen=True)
class TfidfLinear(Recipe):
    """Words and characters weighed by TF-IDF, and a linear model a task; no torch.

    Sentences and pairs get a linear support vector machine (ridge regression for numbers) whose
    strength is chosen on dev; tags get a logistic regression over words, affixes, shapes and
    neighbours. Several tasks share the features and nothing else.
    Source: Joachims, "Text categorization with support vector machines", 1998.

    Args:
        strength: `C` of the support vector machines (1 / `C` penalises numbers); `None` searches.
    """

    cost: ClassVar[str] = "about a second per 1,000 rows, five for tags; no encoder"
    version: ClassVar[int] = 2

    strength: float | None = None

    def __post_init__(self) -> None:
        if self.strength is not None and not self.strength > 0:
            raise ConfigError(f"`strength` is above 0 or None; found {self.strength!r}")

    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> LinearPart:
        """Learn the features from all training texts, then each task's model.

        Raises:
            ConfigError: A task has no text among its inputs.
        """
        from polytask.learning.linear_part import LinearPart

        _refuse_images(tasks)
        views = _Views(fold, tasks)
        models = {
            task.name: _tagger(task, views, context.seed)
            if task.kind == "tagging"
            else self._search(task, views)
            for task in tasks
        }
        named = {task.name: task for task in tasks}
        return LinearPart(named, models, text=views.text, tokens=views.tokens, recipe=str(self))

    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds, from constants measured on one core of a 2.x GHz server processor."""
        del context
        return 0.5 + sum(_seconds(task, fold, len(self.grid(task))) for task in tasks)

    def grid(self, task: Task) -> tuple[float, ...]:
        """Candidates from the most to the least regularised; with a tie the first one wins."""
        if task.kind == "regression":
            return _PENALTIES[::-1] if self.strength is None else (1 / self.strength,)
        return _STRENGTHS if self.strength is None else (self.strength,)

    def _search(self, task: Task, views: _Views) -> Linear:
        from polytask.learning.linear_part import as_scores
        from polytask.learning.selection import quality

        train, dev = views.of(task, "train"), views.of(task, "dev")
        candidates = _candidates(task, self.grid(task))
        chosen, sample = candidates[len(candidates) // 2], _sample(train)
        if len(candidates) > 1 and dev.targets:
            fitted = [fit(sample) for fit in candidates]
            found = [quality(task, as_scores(task, m(dev.features)), dev.targets) for m in fitted]
            best = int(np.argmax(found))
            chosen = candidates[best]
            if sample is train:
                return _calibrated(task, fitted[best], dev)
        return _calibrated(task, chosen(train), dev)


@dataclass(frozen=True)
class _Rows:
    """Labelled rows of one task: features, and targets in the same order."""

    features: Any
    targets: list[Any]


class _Views:
    """Features of every table of a fold, learned from training rows and computed once."""

    def __init__(self, fold: Fold, tasks: Sequence[Task]) -> None:
        from polytask.learning.linear_part import token_column
        from polytask.learning.text_features import TextFeatures, text_columns
        from polytask.learning.token_features import TokenFeatures

        tagged = {task.table for task in tasks if task.kind == "tagging"}
        others = {task.table for task in tasks if task.kind != "tagging"}
        self.splits: dict[str, Mapping[str, Rows]] = {"train": fold.train, "dev": fold.dev}
        self.text = self.tokens = None
        if others:
            inputs = [fold.train[table].inputs for table in fold.train if table in others]
            texts = [text for i in inputs for column in text_columns(i) for text in column]
            self.text = TextFeatures.learn(texts)
        if tagged:
            inputs = [fold.train[table].inputs for table in fold.train if table in tagged]
            self.tokens = TokenFeatures.learn([row for i in inputs for row in token_column(i)])
        self._made: dict[tuple[str, str], Any] = {}

    def of(self, task: Task, split: str) -> _Rows:
        """The rows of `split` that carry a label for `task`, which does not tag tokens."""
        rows = self.splits[split].get(task.table)
        if rows is None or task.name not in rows.targets:
            return _Rows(None, [])
        if (split, task.table) not in self._made:
            assert self.text is not None
            self._made[split, task.table] = self.text(rows.inputs)
        targets = rows.targets[task.name]
        index = [i for i, target in enumerate(targets) if target is not None]
        return _Rows(self._made[split, task.table][index], [targets[i] for i in index])

    def tokens_of(self, task: Task) -> _Rows:
        """The training tokens that carry a tag of `task`, sentence after sentence."""
        from polytask.learning.linear_part import token_column

        assert self.tokens is not None
        rows = self.splits["train"][task.table].labelled(task.name)
        tags = [tag for row in rows.targets[task.name] for tag in row]  # type: ignore[union-attr]
        return _Rows(self.tokens(token_column(rows.inputs)), tags)


def _refuse_images(tasks: Sequence[Task]) -> None:
    for task in tasks:
        if not any(column.modality == "text" for column in task.inputs):
            raise ConfigError(
                f"TfidfLinear reads text, and task {task.name!r} has none "
                f"(its input is {task.inputs[0].name!r}, an image); use Probe() or FineTune()"
            )


def _tagger(task: Task, views: _Views, seed: int) -> Linear:
    from polytask.learning.linear import softmax_steps

    rows = views.tokens_of(task)
    known = {tag: i for i, tag in enumerate(task.labels)}
    classes = np.array([known[tag] for tag in rows.targets], dtype=np.int64)
    return softmax_steps(rows.features, classes, len(known), epochs=_EPOCHS, seed=seed)


def _candidates(task: Task, grid: Sequence[float]) -> list[Callable[[_Rows], Linear]]:
    from polytask.learning import linear
    from polytask.learning.selection import as_truth

    count = len(task.labels)

    def machine(strength: float) -> Callable[[_Rows], Linear]:
        if task.kind == "multilabel":
            return lambda rows: linear.label(rows.features, as_truth(task, rows.targets), strength)
        return lambda rows: linear.classify(
            rows.features, as_truth(task, rows.targets), count, strength
        )

    def line(penalty: float) -> Callable[[_Rows], Linear]:
        if task.kind == "regression":
            return lambda rows: linear.regress(rows.features, as_truth(task, rows.targets), penalty)
        return lambda rows: linear.rank(rows.features, as_truth(task, rows.targets), count, penalty)

    found = [line(value) if task.kind == "regression" else machine(value) for value in grid]
    if task.kind == "ordinal" and len(grid) > 1:
        found += [line(penalty) for penalty in (10.0, 3.0, 1.0)]
    return found


def _sample(rows: _Rows) -> _Rows:
    count = len(rows.targets)
    if count <= _SEARCHED:
        return rows
    index = evenly(count, _SEARCHED)
    return _Rows(rows.features[index], [rows.targets[i] for i in index])


def _calibrated(task: Task, model: Linear, dev: _Rows) -> Linear:
    """The model on the scale at which its values are the likeliest logits of dev."""
    from polytask.learning.linear_part import as_scores
    from polytask.learning.selection import as_truth, best_scale

    if task.kind == "regression":
        return model
    if not dev.targets:
        return model.scaled(best_scale(np.zeros((0, 1), np.float32), np.zeros(0)))
    scores, right = as_scores(task, model(dev.features)), as_truth(task, dev.targets)
    if task.kind != "multilabel":
        scores, right = scores[right >= 0], right[right >= 0]
    return model.scaled(best_scale(scores, right))


def _seconds(task: Task, fold: Fold, candidates: int) -> float:
    rows = fold.train.get(task.table)
    if rows is None:
        return 0.0
    values = [
        rows.inputs.values[column.name] for column in task.inputs if column.modality == "text"
    ]
    if task.kind == "tagging":
        tokens = sum(len(row) for row in values[0])
        return tokens * (4e-6 + _EPOCHS * 2.6e-6 * (1 + len(task.labels) / 50))
    characters = sum(
        min(4_000, len(text) * (6 if isinstance(text, list) else 1))
        for column in values
        for text in column
    )
    fits = candidates * min(1.0, _SEARCHED / max(1, len(rows))) + 1
    columns = 1 if task.kind in ("regression", "binary") else max(1, len(task.labels))
    return characters * (6e-6 + 4e-8 * fits * columns * len(values))
