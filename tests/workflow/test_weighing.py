"""What the report says of the choices of parts that a plan weighed, from the journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import polytask
from polytask.evaluation.report import read
from polytask.planning.journal import Call
from polytask.tasks import load, profile
from polytask.workflow import running, weighing
from polytask.workflow.choosing import Choice
from polytask.workflow.host import HostOperations

if TYPE_CHECKING:
    from pathlib import Path

QUICK: dict[str, Any] = {"budget": "5m", "threads": 1, "dtype": "float32"}
WEIGHING = """from polytask.plan import Probe, TfidfLinear, combine, cost, finish, tasks, train

t = tasks("tasks.yaml")
choices = []
for recipe in [TfidfLinear(), Probe()]:
    parts = {name: train([name], recipe)["part"] for name in t}
    costs = [cost(part) for part in parts.values()]
    choices.append(parts)
told = {"prefer": "small", "bound": 1e6, "choices": choices}
finish(combine(choices[0], choices[1], {}, told))
"""


def call(operation: str, arguments: Any, output: Any) -> Call:
    return Call(0, operation, arguments, None, "done", output, 1.0)


def cost(part: str, base: str, size: int, spent: float, tasks: str = "ab", reads: str = "text"):
    output = {
        "base": base,
        "bytes": size,
        "heads": dict.fromkeys(tasks, 1),
        "milliseconds": dict.fromkeys(tasks, spent),
        "reads": dict.fromkeys(tasks, reads),
        "status": "done",
    }
    return call("cost", {"part": part}, output)


COSTS: dict[str, Any] = {
    name: cost(name, *rest).output
    for name, *rest in (
        ("large", "e1", 90, 7.0),
        ("one", "e0", 80, 6.0, "a"),
        ("two", "e0", 80, 6.5, "b"),
        ("words", "words", 2, 0.5, "b"),
        ("eyes", "eyes", 9, 20.0, "b", "image"),
    )
}


def test_what_several_parts_stand_on_counts_once():
    assert weighing.size({"a": "large", "b": "large"}, COSTS) == 92
    assert weighing.size({"a": "one", "b": "two"}, COSTS) == 82
    assert weighing.size({"a": "one", "b": "words"}, COSTS) == 84


def test_parts_over_one_encoder_take_one_pass_and_others_one_each():
    assert weighing.row_time({"a": "large", "b": "large"}, COSTS) == 7.0
    assert weighing.row_time({"a": "one", "b": "two"}, COSTS) == 6.5
    assert weighing.row_time({"a": "one", "b": "words"}, COSTS) == 6.5
    assert weighing.row_time({"a": "large", "b": "words"}, COSTS) == 7.5


def test_a_row_of_another_kind_is_another_row():
    assert weighing.row_time({"a": "large", "b": "eyes"}, COSTS) == 20.0


@pytest.mark.parametrize("front", [{"prefer": "small"}, {"choices": "all"}, {"choices": [{}]}])
def test_what_is_no_front_is_refused(front):
    with pytest.raises(ValueError, match=r"a list of dicts from task to part; found \{"):
        weighing.offered(front)


@pytest.fixture
def told(job, train_call):
    """What is told of four trainings of two tasks, of which three choices were weighed."""
    taskset = load(job / "tasks.yaml", seed=0)

    def told(prefer: str = "small", bound: float = 0.0, margin: float = 0.01):
        dev = {"one": 0.9, "two": 0.905}
        calls = [
            *(train_call(f"{n}-{t}", {t: dev[n]}) for n in dev for t in ("topic", "mood")),
            *(cost(f"one-{t}", f"one-{t}", 10, 1.0, [t]) for t in ("topic", "mood")),
            *(cost(f"two-{t}", "shared", 90, 5.0, [t]) for t in ("topic", "mood")),
        ]
        choices = [{t: f"{n}-{t}" for t in ("topic", "mood")} for n in ("two", "one")]
        choices.append({"topic": "one-topic", "mood": "two-mood"})
        front = {"prefer": prefer, "bound": bound, "choices": choices}
        named = {"parts": choices[1], "controls": choices[0], "front": front}
        calls.append(call("combine", named, "model-1"))
        choice = Choice(dict(choices[1]), dict(choices[0]), planned=True)
        return weighing.weighed(calls, choice, taskset, profile(taskset), margin)

    return told


def test_choices_are_told_with_size_loss_and_time_the_smallest_first(told):
    front, times = told()
    assert [one.bytes for one in front.offers] == [22, 92, 102]
    assert [one.chosen for one in front.offers] == [True, False, False]
    assert front.chosen.value == pytest.approx(0.9)
    assert [round(one.loss, 6) for one in front.offers] == [0.005, 0.0, 0.0025]
    assert [round(one.worst, 6) for one in front.offers] == [0.005, 0.0, 0.005]
    assert times == {"1": 2.0, "2": 5.0, "3": 6.0}
    assert front.bound is None


def test_where_few_rows_judge_a_loss_is_not_allowed(told):
    front, _ = told(prefer="fast", bound=5.0)  # 40 rows judge in this job
    assert [one.allowed for one in front.offers] == [False, True, False]
    assert (front.prefer, front.bound) == ("fast", 5.0)


def test_a_plan_that_weighed_nothing_has_no_front(job):
    taskset = load(job / "tasks.yaml", seed=0)
    made = call("combine", {"parts": {"topic": "p"}, "controls": {}}, "model-1")
    choice = Choice({"topic": "p"}, {}, planned=True)
    assert weighing.weighed([made], choice, taskset, profile(taskset), 0.01) == (None, {})
    assert not weighing.asked([made], choice)


def stripped(path: Path) -> dict:
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    del report["timing"]
    return report


@pytest.mark.slow
def test_a_run_tells_its_front_and_goes_on_to_the_same_after_a_stop(
    job, tiny_encoder, tmp_path, monkeypatch
):
    (job / "plan.py").write_text(WEIGHING, encoding="utf-8")
    options = {**QUICK, "encoder": str(tiny_encoder)}
    plain = polytask.run(job / "plan.py", out=tmp_path / "plain", **options)
    front, latency = plain.report.front, plain.report.timing.latency
    assert (front.prefer, front.bound) == ("small", 1e6)
    assert front.chosen.bytes == plain.report.model.bytes  # as it was put together of its parts
    other = next(one for one in front.offers if not one.chosen)
    assert other.bytes < plain.report.controls.bytes  # two probes stand on one encoder
    assert set(plain.report.timing.front) == {one.name for one in front.offers}
    assert latency.row > 0
    assert "1e+06" in plain.report.timing.sentence
    assert "ms" not in plain.report.sentence
    assert read(plain.path / "report.json").front == front

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(HostOperations, "combine", stop)
    with pytest.raises(KeyboardInterrupt):
        running.run(job / "plan.py", out=tmp_path / "again", **options, fresh=True)
    monkeypatch.undo()
    again = polytask.run(tmp_path / "again")
    other = {"settings": 0}  # it was told to train anew
    assert stripped(again.path) | other == stripped(plain.path) | other


@pytest.mark.slow
def test_the_written_plan_delivers_the_smallest_of_what_loses_nothing(job, tiny_encoder, tmp_path):
    options = {**QUICK, "budget": "3m", "prefer": "small", "max_latency": "60s"}
    out = tmp_path / "run"
    result = polytask.run(job / "tasks.yaml", out=out, encoder=str(tiny_encoder), **options)
    report, front = result.report, result.report.front
    assert (front.prefer, front.bound) == ("small", 60_000.0)
    assert front.chosen.bytes == report.model.bytes
    assert front.chosen.bytes == min(one.bytes for one in front.offers if one.allowed)
    assert "--prefer small --max-latency 60s" in report.command
    assert report.settings["prefer"] == "small"
    assert "of at most 60000" in report.timing.sentence
    assert "The front" in (out / "report.html").read_text(encoding="utf-8")
