"""From scores on test rows to answers, by decisions that never saw the labels of those rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytask.evaluation.decisions import decide
from polytask.evaluation.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Scores
    from polytask.workflow.scoring import Judged


def answered(test: Judged, dev: Judged, splits: Sequence[np.ndarray]) -> Prediction:
    """Answers on test rows by temperature, thresholds and `sure_from` fitted on dev rows.

    With folds every row is a test row of one fold and a dev row of another. Decisions fitted on
    all dev rows would be judged by labels that they were fitted on, so each fold's test rows are
    answered by decisions fitted on the dev rows outside that fold (cross-fitting; Chernozhukov et
    al., "Double/debiased machine learning", Econometrics Journal, 2018).

    Args:
        test: The test rows of all folds with their scores.
        dev: The dev rows of all folds with their scores, by the same recipe.
        splits: The splits of their table, one a fold.

    Returns:
        One answer a test row, in their order.
    """
    if len(splits) == 1:
        return decide(test.task, test.scores, dev.decisions())
    places, answers = [], []
    for split in splits:
        rows = np.flatnonzero(split[test.positions] == "test")
        outside = dev.at(np.flatnonzero(split[dev.positions] != "test"))
        places.append(rows)
        answers.append(decide(test.task, test.at(rows).scores, outside.decisions()))
    return _in_order(answers, np.argsort(np.concatenate(places)))


def _in_order(answers: Sequence[Prediction], order: np.ndarray) -> Prediction:
    """The answers of all folds as one, put in `order`."""
    labels = [label for answer in answers for label in answer.labels]
    return Prediction(
        [labels[i] for i in order],
        np.concatenate([answer.confidence for answer in answers])[order],
        np.concatenate([answer.sure for answer in answers])[order],
        _probabilities(answers, order),
    )


def _probabilities(answers: Sequence[Prediction], order: np.ndarray) -> Scores | None:
    given = [answer.probabilities for answer in answers if answer.probabilities is not None]
    if not given:
        return None
    rows = [row for one in given for row in one]
    chosen = [rows[i] for i in order]
    return np.stack(chosen) if isinstance(given[0], np.ndarray) else chosen
