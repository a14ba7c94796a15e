"""The model in use as a rival: the same rows, its own answers, or a plain refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polytask._errors import DataError
from polytask.tasks.loading import load
from polytask.workflow import scoring
from polytask.workflow.folder import RunFolder
from polytask.workflow.result import Result
from polytask.workflow.settings import Settings
from polytask.workflow.standing import hold, in_use
from polytask.workflow.state import State


@pytest.fixture
def old(plain):
    return Result.load(plain)


@pytest.fixture
def state(plain):
    state = State(RunFolder(plain), Settings(threads=1).plain(), lambda _event: None)
    state.taskset = load(state.folder.task_file)
    return state


@pytest.fixture
def fixed(state, old):
    """As if the rows of topic were cut once."""
    table = state.taskset.tables[state.taskset["topic"].table]
    split = np.array((["train", "dev", "test", "dev"] * len(table.final))[: len(table.final)])
    state.taskset.tables[table.name] = replace(table, splits=(split,), final=split)
    counts = {f"n_{s}": int((split == s).sum()) for s in ("dev", "test")}
    old.report.tasks["topic"] = replace(old.report.tasks["topic"], folds=1, **counts)
    return state


def test_it_answers_the_rows_that_judge_now(fixed, old):
    one = in_use(fixed, old, "topic")
    assert one.recipe.startswith("in use: ")
    assert one.on_test is None  # the test split stays shut
    rows = fixed.taskset.fold(["topic"]).dev
    expected = scoring.score_rows(old.model.parts["joint"], rows, ["topic"])["topic"]
    assert np.array_equal(one.on_dev.scores, expected.scores)
    assert 0.5 < one.dev <= 1.0
    verdict = hold(fixed, {"topic": one}, {"topic": one})["topic"]
    assert verdict.gain.value == 0.0
    assert verdict.verdict == "not decidable"  # equal on 40 rows is not yet shown to be no worse


def test_other_rows_than_before_are_refused(fixed, old):
    known = old.report.tasks["topic"]
    old.report.tasks["topic"] = replace(known, n_test=known.n_test + 1)
    with pytest.raises(DataError, match=r"not those of .* test rows now.*polytask run"):
        in_use(fixed, old, "topic")


def test_scores_of_folds_are_read_or_missed(state, old, tmp_path):
    with pytest.raises(DataError, match=r"scores of the model in use are gone.*polytask run"):
        in_use(state, old, "mood")
    part = tmp_path / "parts" / "kept"
    part.mkdir(parents=True)
    truth, positions = scoring.targets(state.taskset, "mood", "dev")
    labels = old.model.tasks["mood"].labels
    scores = np.array([[3.0 * (label == one) for one in labels] for label in truth])
    for name in ("dev", "test"):
        scoring.save(part / f"{name}.safetensors", {"mood": scoring.Scored(positions, scores)})
    tasks = {"mood": replace(old.report.tasks["mood"], part="kept")}
    moved = Result(replace(old.report, tasks=tasks), tmp_path)
    moved.__dict__["model"] = old.model
    one = in_use(state, moved, "mood")
    assert (one.dev, one.handle) == (1.0, "kept")
    assert np.array_equal(one.on_test.scores, scores)
