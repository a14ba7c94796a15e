"""F1 over spans of BIO tags, as the field reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from polytask.evaluation.metrics.encoding import answered_tags, check_length
from polytask.evaluation.metrics.metric import Metric, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.tasks.task import Kind, Target, Task

Span = tuple[str, int, int]
"""Type, first token, last token."""


def spans(tags: Sequence[str]) -> set[Span]:
    """Spans of a sentence, read as `conlleval` and seqeval's default read them.

    An `I-` tag that continues nothing begins a span; a change of type ends one. A tag without a
    prefix is no span ("" and "O" alike).
    Source: Tjong Kim Sang & De Meulder, "Introduction to the CoNLL-2003 shared task", 2003.

    >>> sorted(spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"]))
    [('LOC', 3, 3), ('LOC', 4, 4), ('PER', 0, 1)]
    """
    found: set[Span] = set()
    kind, start = "", 0
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        inside = prefix in ("B", "I") and tag != prefix
        if kind and not (prefix == "I" and inside and name == kind):
            found.add((kind, start, i - 1))
            kind = ""
        if inside and not kind:
            kind, start = name, i
    return found


def span_counts(targets: Sequence[Target], prediction: Prediction) -> tuple[list[str], np.ndarray]:
    """Span types, and by row how often each was right, true and answered: `(n, 3, types)`."""
    check_length(targets, prediction)
    truth = [spans(tags) for tags in cast("Sequence[list[str]]", targets)]
    padded = answered_tags(cast("Sequence[list[str]]", targets), prediction)
    answer = [spans(tags) for tags in padded]
    types = sorted({span[0] for row in (*truth, *answer) for span in row})
    position = {name: i for i, name in enumerate(types)}
    made = np.zeros((len(truth), 3, len(types)))
    for i, (true, given) in enumerate(zip(truth, answer, strict=True)):
        for j, found in enumerate((true & given, true, given)):
            for span in found:
                made[i, j, position[span[0]]] += 1
    return types, made


class SpanF1(Metric):
    """Micro F1 over spans; a span is right if its type and both ends are.

    Equal to `seqeval.metrics.f1_score` (its default, conlleval-compatible reading).
    Source: Nakayama, "seqeval", 2018; Ramshaw & Marcus, "Text chunking", 1995.
    """

    name = "span_f1"
    kinds: ClassVar[tuple[Kind, ...]] = ("tagging",)

    def applies(self, task: Task) -> bool:
        """Only where the tags mark spans."""
        return task.bio

    def per_row(
        self,
        task: Task,  # noqa: ARG002  the scheme is the same for every task
        targets: Sequence[Target],
        prediction: Prediction,
    ) -> np.ndarray:
        """Right, true and answered spans, `(n, 3)`."""
        _, made = span_counts(targets, prediction)
        totals: np.ndarray = made.sum(axis=2)
        return totals

    def value(self, sums: np.ndarray) -> np.ndarray:
        """2·right / (true + answered); 0 without any span."""
        return ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2], 0.0)
