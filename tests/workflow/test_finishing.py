from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from polytask._errors import RunError
from polytask.evaluation.report.storing import read
from polytask.planning.budget import Budget, Clock
from polytask.planning.interpreter import Outcome
from polytask.planning.journal import Journal
from polytask.workflow import finishing
from polytask.workflow.choosing import Choice
from polytask.workflow.folder import RunFolder
from polytask.workflow.remote import WorkerStopped

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tasks(dict):
    findings = ()
    programs: Mapping[str, Any] = {}


@pytest.fixture
def journal(tmp_path):
    with Journal.open(
        tmp_path / "journal.sqlite", meta={"plan": "p", "versions": {"x": 1}}
    ) as made:
        yield made


def host(used: float, answer: Exception, deadlines: list[float]) -> Any:
    def call(_: str, deadline: float, **__: Any) -> Any:
        deadlines.append(deadline - time.monotonic())
        raise answer

    clock = Clock(Budget(100.0, 20.0), lambda: used)
    worker = SimpleNamespace(call=call)
    return SimpleNamespace(taskset=Tasks(a=None), worker=worker, clock=clock, emit=lambda _: None)


def test_a_final_evaluation_that_hangs_is_killed_within_the_tolerance(tmp_path, journal):
    folder, deadlines = RunFolder(tmp_path), []
    choice = Choice({"a": "one"}, {}, planned=True)
    for used in (85.0, 130.0):  # the second time its budget is long used up
        operations = host(used, WorkerStopped("deliver"), deadlines)
        with pytest.raises(RunError, match=r"took longer .* `polytask run .*` measures it"):
            finishing._measured(folder, journal, operations, choice)
    assert deadlines[0] == pytest.approx(15.0 + 10.0 - 2.0, abs=1.0)
    assert deadlines[1] == pytest.approx(2 * (10.0 + 10.0 - 2.0), abs=1.0)


def test_nothing_trained_is_an_error_with_the_reasons(tmp_path, journal, train_call):
    journal.call(
        "train", {}, lambda: train_call("", {}, status="failed", reason="no weights").output
    )
    # Nothing is told of the test split: it is not opened.
    operations: Any = SimpleNamespace(taskset=Tasks(a=None))
    with pytest.raises(RunError, match=r"Nothing could be trained: plan.py:3: x; no weights"):
        finishing.finish(
            RunFolder(tmp_path), journal, operations, Outcome("failed", 3, "plan.py:3: x"), [3], {}
        )


def test_nothing_trained_for_want_of_time_names_a_larger_budget(tmp_path, journal, train_call):
    late = train_call("", {}, status="no time", reason="it took longer than 16 s", tasks=["a"])
    journal.call("train", {}, lambda: late.output)
    operations: Any = SimpleNamespace(taskset=Tasks(a=None))
    outcome = Outcome("unfinished", 3, "plan.py:3: no finish")
    with pytest.raises(RunError, match=rf"16 s\. With .*`polytask run {tmp_path} --budget 1m`"):
        finishing.finish(
            RunFolder(tmp_path), journal, operations, outcome, [3], {"budget_seconds": 30.0}
        )


def test_what_stopped_trainings_left_is_taken_away(tmp_path):
    for name in ("part", "x.tmp", "y.checkpoint"):
        (tmp_path / "parts" / name).mkdir(parents=True)
    finishing._tidy(RunFolder(tmp_path))
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["part"]


@pytest.mark.slow
def test_the_report_tells_what_was_tried_where_and_how_long(finished):
    report = read(finished.path / "report.json")
    plan = (finished.path / "plan.py").read_text(encoding="utf-8").splitlines()
    assert [one.repeat for one in report.candidates] == [0] * 7 + [1]
    assert report.tasks["topic"].control.seeds == report.repeats == 2
    for candidate in report.candidates:
        assert candidate.status == "done"
        assert "train(" in plan[candidate.line - 1]
    joint = next(c for c in report.candidates if len(c.tasks) == 2)
    curve = next(c for c in report.curves if c.candidate == joint.name)
    assert [epoch.epoch for epoch in curve.epochs] == [1, 2]
    assert set(curve.epochs[0].loss) == {"topic", "mood"}
    assert report.timing.total > sum(report.timing.candidates.values()) > 0
    assert not list((finished.path / "parts").glob("*.*"))
