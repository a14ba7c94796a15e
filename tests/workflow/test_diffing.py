from __future__ import annotations

import pytest

from polytask._errors import OutputError
from polytask.evaluation.report import Candidate, PlanReport, Report, TaskReport, write
from polytask.workflow.diffing import diff


def task(value: float, recipe: str = "Probe()", **more) -> TaskReport:
    figures = {"value": value, "low": value - 0.1, "high": value + 0.1, "n_test": 50}
    return TaskReport("multiclass", "accuracy", **figures, recipe=recipe, **more)


@pytest.fixture
def runs(tmp_path):
    def candidates(*names):
        return tuple(Candidate(name, ("mood",), "Probe()") for name in names)

    first = Report(
        0,
        300.0,
        {"mood": task(0.8), "old": task(0.5)},
        candidates=candidates("a", "b"),
        settings={"encoder": "tiny", "margin": "0.01"},
        plan=PlanReport("x = 1\ny = 2\n"),
    )
    second = Report(
        0,
        600.0,
        {"mood": task(0.9, "FineTune()", verdict="better", learned_with=("day",))},
        candidates=(*candidates("b", "c"), Candidate("d", ("mood",), "Probe()", status="failed")),
        settings={"encoder": "large", "margin": "0.01"},
        plan=PlanReport("x = 1\ny = 3\n"),
    )
    for name, report in (("one", first), ("two", second)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text('{"format": 1, "budget_seconds": 5.0}')
        write(report, tmp_path / name / "report.json")
    return tmp_path / "one", tmp_path / "two"


def test_plans_options_results_and_candidates_that_differ(runs):
    found = diff(*runs)
    assert [line for line in found.plan if line[0] in "+-"][2:] == ["-y = 2", "+y = 3"]
    assert found.settings == {"budget": ("300 s", "600 s"), "encoder": ("tiny", "large")}
    mood, old = found.tasks
    assert (mood.first.value, mood.second.value, mood.second.learned_with) == (0.8, 0.9, ("day",))
    assert (old.first.value, old.second) == (0.5, None)
    assert (found.only_first, found.only_second) == (["a"], ["c"])


def test_a_run_does_not_differ_from_itself(runs):
    found = diff(runs[0], runs[0])
    assert (found.plan, found.settings, found.only_first, found.only_second) == ([], {}, [], [])


def test_the_command_shows_both_sides(runs):
    from io import StringIO

    from rich.console import Console

    from polytask.cli.side_by_side import side_by_side

    out = StringIO()
    Console(file=out, width=150, highlight=False).print(side_by_side(diff(*runs)))
    shown = out.getvalue()
    assert "80.0 70.0–90.0 n 50" in shown
    assert "learned with day" in shown
    assert "+y = 3" in shown
    out.truncate(0)
    Console(file=out, width=150).print(side_by_side(diff(runs[0], runs[0])))
    assert "The plans are equal." in out.getvalue()


def test_an_unfinished_run_is_refused(tmp_path, runs):
    with pytest.raises(OutputError, match="no run folder"):
        diff(runs[0], tmp_path)
