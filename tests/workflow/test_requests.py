from __future__ import annotations

import time

import pytest

from polytask.workflow.remote import WorkerStopped
from polytask.workflow.requests import alone, expected


def test_a_job_alone_is_sent_answers_and_errors():
    def requests():
        first = yield "one", 1.0, {"x": 1}
        try:
            yield "two", 2.0, {}
        except WorkerStopped:
            return first

    def call(operation, deadline, **what):
        if operation == "two":
            raise WorkerStopped
        return (operation, deadline, what)

    assert alone(requests(), call) == ("one", 1.0, {"x": 1})


@pytest.mark.parametrize(
    ("estimates", "asked", "needed"),
    [
        ([50.0], ["estimate"], 50.0),  # fits
        ([158.0, 38.0], ["estimate", "look_again", "estimate"], 38.0),
        ([158.0, 170.0], ["estimate", "look_again", "estimate"], 158.0),
        ([700.0], ["estimate"], 700.0),  # no machine is that busy
    ],
)
def test_what_would_take_too_long_is_looked_at_again(estimates, asked, needed):
    calls, answers = [], iter(estimates)

    def call(operation, _deadline, **arguments):
        calls.append(operation)
        if operation == "look_again":
            assert arguments["seconds"] == pytest.approx(25.0, abs=0.5)
            return None
        assert arguments == {"recipe": "FineTune()"}
        return next(answers)

    assert alone(expected(time.monotonic() + 100.0, {"recipe": "FineTune()"}), call) == needed
    assert calls == asked
