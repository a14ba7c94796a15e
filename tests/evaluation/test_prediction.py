from __future__ import annotations

import numpy as np

from polytask.evaluation.prediction import scores_of


def test_rows_are_taken_from_arrays_and_from_lists_of_tags_in_the_order_asked() -> None:
    logits = np.arange(6.0).reshape(3, 2)
    assert np.array_equal(scores_of(logits, [2, 0]), logits[[2, 0]])
    tags = [np.zeros((1, 2)), np.ones((3, 2)), np.zeros((0, 2))]
    taken = scores_of(tags, (2, 1))
    assert taken[0] is tags[2]
    assert taken[1] is tags[1]
    assert scores_of(tags, []) == []
    assert scores_of(logits, []).shape == (0, 2)
