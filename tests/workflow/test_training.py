"""Candidates at once: what comes of them, with invented workers and with real ones."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import psutil
import pytest

import polytask
from polytask._errors import OutputError, RunError
from polytask.planning.budget import Budget, Clock, OutOfTime
from polytask.tasks import load, profile
from polytask.workflow.folder import RunFolder
from polytask.workflow.host import HostOperations
from polytask.workflow.training import Asked, _lane
from polytask.workflow.trainings import trained

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"text": f"{w} day {i}", "mood": w} for i in range(20) for w in ("good", "bad")]


class FakeWorker:
    """Trains anything, but what is in `wrong`; a recipe's part is named by its number."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.wrong: dict[str, Exception] = {}

    def call(self, operation: str, deadline: float, **what: Any) -> Any:
        assert deadline > 0
        self.calls.append((operation, what))
        if what["recipe"] in self.wrong:
            raise self.wrong[what["recipe"]]
        return 1.0 if operation == "estimate" else {"part": "a" * 32, "dev": {"mood": 0.9}}

    def trained(self) -> list[str]:
        return [what["recipe"] for operation, what in self.calls if operation == "train"]


@pytest.fixture
def host(tmp_path):
    taskset = load(ROWS, targets=["mood"])
    used, worker, events = [0.0], FakeWorker(), []
    clock = Clock(Budget(100.0, 20.0), lambda: used[0])
    folder = RunFolder(tmp_path)
    facts: list[Any] = [folder, "tasks.yaml", taskset, profile(taskset), worker, clock]
    return HostOperations(*facts, events.append), worker, used, events


def asked(*recipes: str, **more: Any) -> list[dict[str, Any]]:
    return [{"tasks": ["mood"], "recipe": recipe, **more} for recipe in recipes]


def test_answers_stand_in_the_order_asked_and_the_same_is_trained_once(host):
    operations, worker, _, events = host
    given = asked("Probe()", "TfidfLinear()", "FineTune(epochs=4)", "FineTune()", "Probe()")
    found = operations.train_all(given)
    assert [one["recipe"] for one in found[:2]] == ["Probe()", "TfidfLinear()"]
    assert found[0] == found[4]
    assert worker.trained() == ["Probe()", "TfidfLinear()", "FineTune(epochs=4)", "FineTune()"]
    assert [one["recipe"] for one in events] == worker.trained()
    assert operations.train_all([]) == []


def test_equal_recipes_written_differently_are_one(host):
    operations, worker, _, _ = host
    operations.train_all(asked("TopLayers()", "TopLayers(layers=2)"))
    assert len(worker.trained()) == 1


def test_a_failed_one_is_a_value_and_a_full_disk_ends_the_run(host):
    operations, worker, _, _ = host
    worker.wrong["Probe()"] = RunError("memory ran out")
    found = operations.train_all(asked("Probe()", "TfidfLinear()"))
    assert [one["status"] for one in found] == ["failed", "done"]
    worker.wrong["Probe()"] = OutputError("No space left")
    with pytest.raises(OutputError):
        operations.train_all(asked("Probe()", "TfidfLinear()"))


@pytest.mark.parametrize(
    ("candidate", "error", "message"),
    [
        ({"tasks": ["moood"], "recipe": "Probe()"}, ValueError, "unknown task 'moood'"),
        ({"tasks": ["mood"], "recipe": "Prob()"}, ValueError, "Prob.*'Probe'"),
        ({"tasks": ["mood"], "recipe": "Probe()", "repeat": -1}, ValueError, "0 or more"),
        ({"tasks": ["mood"], "recipe": "Probe()", "start": "x"}, ValueError, "no trained part"),
        ({"tasks": ["mood"]}, TypeError, "recipe"),
    ],
)
def test_none_begins_where_one_is_wrong(host, candidate, error, message):
    operations, worker, _, _ = host
    with pytest.raises(error, match=message):
        operations.train_all([*asked("Probe()"), candidate])
    assert worker.calls == []


def test_repeats_may_come_late_as_when_asked_for_alone(host):
    operations, _, used, _ = host
    used[0] = 91.0
    (found,) = operations.train_all(asked("Probe()", repeat=1))
    assert (found["status"], found["reason"]) == ("no time", "the time for training is used up")
    with pytest.raises(OutOfTime):
        operations.train_all([*asked("Probe()", repeat=1), *asked("Probe()")])


def test_recipes_that_share_features_take_turns():
    lanes = {name: _lane(Asked(("a",), f"{name}()")) for name in ("Probe", "KernelProbe")}
    assert len(set(lanes.values()) - {""}) == 1
    assert _lane(Asked(("a",), "FineTune()")) == _lane(Asked(("a",), "TfidfLinear()")) == ""


def test_every_candidate_of_a_call_is_a_training(train_call):
    one = train_call("p", {"a": 1.0}, repeat=2)
    other = train_call("q", {"b": 0.5}, seconds=3.0)
    arguments: Any = {"candidates": [one.arguments, other.arguments]}
    both = one._replace(
        operation="train_all", arguments=arguments, output=[one.output, other.output], seconds=9.0
    )
    first, second = trained(both, 7)
    assert (first.name, first.part, first.line) == ("FineTune() · a, repeat 2", "p", 7)
    assert (second.part, second.dev, second.seconds) == ("q", {"b": 0.5}, 3.0)
    assert trained(both._replace(state="started", output=None)) == []


def carried_out(
    job: Path, out: Path, home: Path, encoder: Path, listener: Any = None, **options: Any
) -> tuple[Any, list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []

    def listen(event: Any) -> None:
        events.append(dict(event))
        if listener is not None:
            listener(event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(home))
        result = polytask.run(
            job,
            out=out,
            listener=listen,
            budget="10m",
            threads=1,
            dtype="float32",
            encoder=str(encoder),
            **options,
        )
    return result, events


def outcome(out: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The report without its timing, and a hash of each file of the model."""
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report.pop("timing")["workers"] >= 1
    files = sorted(path for path in (out / "model").rglob("*") if path.is_file())
    return report, {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_two_workers_give_the_model_and_report_of_one(
    make_job, parallel_plan, tiny_encoder, tmp_path
):
    job = make_job(tmp_path / "job")
    (job / "plan.py").write_text(parallel_plan, encoding="utf-8")
    told = {}
    for workers in (1, 2):
        place = tmp_path / str(workers)
        told[workers] = carried_out(
            job / "plan.py", place, tmp_path / f"home{workers}", tiny_encoder, workers=workers
        )[1]
    assert outcome(tmp_path / "1") == outcome(tmp_path / "2")
    epochs = {
        workers: [one for one in events if one["event"] == "epoch"]
        for workers, events in told.items()
    }
    assert all("candidate" not in one for one in epochs[1])
    tuned = "FineTune(epochs=2, learning_rate=0.001, batch_size=16)"
    names = {f"{tuned} · {tasks}" for tasks in ("topic + mood", "topic", "mood")}
    assert names <= {one.get("candidate") for one in epochs[2]}
    report = polytask.Result.load(tmp_path / "2").report
    assert [one.name for one in report.candidates][-1] == f"{tuned} · topic + mood, repeat 1"
    assert report.timing.workers == 2
    assert "--workers" not in report.command


@pytest.mark.slow
def test_the_built_in_plan_decides_with_two_workers_as_with_one(make_job, tiny_encoder, tmp_path):
    job = make_job(tmp_path / "job")
    found = {}
    for workers in (1, 2):
        place = tmp_path / str(workers)
        carried_out(
            job / "tasks.yaml", place, tmp_path / f"home{workers}", tiny_encoder, workers=workers
        )
        report, files = outcome(place)
        plan = report.pop("plan")
        assert ("train_all" in plan["text"]) == (workers > 1)
        for one in report["candidates"]:
            del one["line"]
        found[workers] = report, files
    assert found[1] == found[2]


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_one_candidate(
    make_job, parallel_plan, tiny_encoder, tmp_path
):
    job = make_job(tmp_path / "job")
    (job / "plan.py").write_text(parallel_plan, encoding="utf-8")
    killed: list[str] = []

    def kill(event: Any) -> None:
        single = event["event"] == "epoch" and event.get("candidate", "").endswith("· topic")
        if single and not killed:
            workers = psutil.Process().children()
            busy = max(workers, key=lambda one: one.create_time())  # the further one came later
            killed.append(event["candidate"])
            os.kill(busy.pid, signal.SIGKILL)

    home = tmp_path / "home"
    result, _ = carried_out(job / "plan.py", tmp_path / "run", home, tiny_encoder, kill, workers=2)
    fates = {one.name: one.status for one in result.report.candidates}
    assert killed
    assert list(fates.values()).count("failed") == 1
    assert fates[killed[0]] == "failed"
    (reason,) = [one.reason for one in result.report.candidates if one.status == "failed"]
    assert "exit status -9" in reason
    assert set(result.report.tasks) == {"topic", "mood"}
