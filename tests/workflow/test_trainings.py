from __future__ import annotations

import pytest

from polytask.workflow.trainings import trained, trainings


def test_answers_become_values_with_their_lines(train_call):
    call = train_call("p", {"a": 1, "b": 0.5}, repeat=2)
    first, second = trainings([call, call._replace(operation="say"), call], [7])
    assert (first.line, second.line) == (7, None)
    assert first.name == "FineTune() · a + b, repeat 2"
    assert (first.part, first.dev, first.status) == ("p", {"a": 1.0, "b": 0.5}, "done")
    assert (first.repeat, first.seconds) == (2, 1.0)


@pytest.mark.parametrize(
    ("state", "output"),
    [("started", None), ("failed", {"error": "ValueError", "message": "x"}), ("stopped", "late")],
)
def test_a_call_that_gave_no_answer_is_no_training(train_call, state, output):
    assert trained(train_call("p", {"a": 1.0})._replace(state=state, output=output)) == []
