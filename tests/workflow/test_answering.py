from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polytask.evaluation.decisions import decide
from polytask.tasks.task import Column, Task
from polytask.workflow.answering import answered
from polytask.workflow.scoring import Judged

ROWS, FOLDS = 90, 3
FOLD = np.arange(ROWS) % FOLDS
SPLITS = [
    np.where(fold == FOLD, "test", np.where((fold + 1) % FOLDS == FOLD, "dev", "train"))
    for fold in range(FOLDS)
]
KINDS = ["multiclass", "multilabel", "tagging", "regression"]


def made(kind: str) -> Judged:
    """Scores that know little, beside random labels."""
    chance = np.random.default_rng(0)
    task = Task("x", "t", (Column("text"),), "x", kind, "accuracy", ("a", "b", "c"))  # type: ignore[arg-type]
    positions = np.arange(ROWS)
    if kind == "regression":
        return Judged(task, chance.normal(size=ROWS), chance.normal(size=ROWS).tolist(), positions)
    if kind == "tagging":
        scores = [chance.normal(size=(i % 4, 3)) for i in range(ROWS)]
        truth = [chance.choice(list("abc"), i % 4).tolist() for i in range(ROWS)]
        return Judged(task, scores, truth, positions)
    names = chance.choice(list("abc"), (ROWS, 2))
    truth = [sorted(set(row)) if kind == "multilabel" else row[0] for row in names.tolist()]
    return Judged(task, chance.normal(size=(ROWS, 3)), truth, positions)


def plain(found):
    given = found.probabilities
    shown = None if given is None else [np.asarray(row).tolist() for row in given]
    confidence = np.nan_to_num(found.confidence, nan=-1.0).tolist()
    return list(
        zip(found.labels, confidence, found.sure.tolist(), shown or found.labels, strict=True)
    )


def all_c(kind, truth):
    """Another label for every row."""
    if kind == "tagging":
        return [["c"] * len(tags) for tags in truth]
    return [{"multiclass": "c", "multilabel": ["c"], "regression": 9.0}[kind]] * len(truth)


@pytest.mark.parametrize("kind", KINDS)
def test_no_label_decides_on_its_own_row(kind):
    rows = made(kind)
    before = plain(answered(rows, rows, SPLITS))
    other = all_c(kind, rows.truth)
    for fold in range(FOLDS):
        mine = [other[i] if FOLD[i] == fold else rows.truth[i] for i in range(ROWS)]
        after = plain(answered(rows, replace(rows, truth=mine), SPLITS))
        assert after[fold::FOLDS] == before[fold::FOLDS]
        if kind != "regression":
            assert after != before  # the other folds did learn from these labels


@pytest.mark.parametrize("kind", KINDS)
def test_a_fixed_split_is_decided_on_by_its_dev_rows(kind):
    rows = made(kind)
    dev, test = rows.at(np.arange(40)), rows.at(np.arange(40, ROWS))
    split = np.array(["dev"] * 40 + ["test"] * 50)
    expected = decide(rows.task, test.scores, dev.decisions())
    assert plain(answered(test, dev, [split])) == plain(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_answers_stand_in_the_order_of_the_rows(kind):
    rows = made(kind)
    found = answered(rows, rows, SPLITS)
    assert len(found.labels) == ROWS
    if kind == "regression":
        assert found.labels == rows.scores.tolist()
    elif kind == "tagging":
        assert [len(tags) for tags in found.labels] == [len(tags) for tags in rows.truth]
    elif kind == "multiclass":
        assert found.labels == [rows.task.labels[i] for i in rows.scores.argmax(1)]
        assert found.probabilities.shape == (ROWS, 3)
