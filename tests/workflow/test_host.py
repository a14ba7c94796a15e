from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from polytask._errors import OutputError, RunError
from polytask.planning.budget import Budget, Clock, OutOfTime
from polytask.tasks import load, profile, with_helpers
from polytask.workflow import speeds
from polytask.workflow.folder import RunFolder
from polytask.workflow.host import HostOperations
from polytask.workflow.remote import WorkerStopped

ROWS = [
    {"text": f"{w} day {i}", "mood": w, "day": d}
    for i in range(15)
    for w in ("good", "bad")
    for d in ("mon", "tue")
]
MOOD, BOTH, AGAIN = "a" * 32, "b" * 32, "d" * 32


@dataclass
class FakeWorker:
    """Answers from a table; an exception there is raised."""

    answers: dict[str, Any]
    calls: list[tuple[str, float | None]] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)

    def call(self, operation: str, deadline: float | None = None, **arguments: Any) -> Any:
        self.calls.append((operation, deadline))
        self.last = arguments
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def host(tmp_path):
    taskset = load(ROWS, targets=["mood", "day"])
    for part, tasks in ((MOOD, ["mood"]), (AGAIN, ["mood"]), (BOTH, ["mood", "day"])):
        folder = tmp_path / "parts" / part
        folder.mkdir(parents=True)
        (folder / "facts.json").write_text(
            json.dumps({"recipe": "Probe()", "tasks": tasks}), encoding="utf-8"
        )
    (tmp_path / "secret").mkdir()
    used = [0.0]
    worker = FakeWorker(
        {
            "estimate": 1.0,
            "look_again": None,
            "train": {"part": MOOD, "dev": {"mood": 0.9}},
            "compare": {"mood": 1},
        }
    )
    clock = Clock(Budget(100.0, 20.0), lambda: used[0])
    events: list[Any] = []
    made = HostOperations(
        RunFolder(tmp_path),
        "tasks.yaml",
        taskset,
        profile(taskset),
        worker,  # type: ignore[arg-type]
        clock,
        events.append,
    )
    return made, worker, used, events


def test_a_training_gives_its_part_and_dev_metric(host):
    operations, _, _, events = host
    found = operations.train(["mood", "mood"], "TfidfLinear()")
    assert (found["status"], found["part"], found["dev"]) == ("done", MOOD, {"mood": 0.9})
    assert found["tasks"] == ["mood"]
    assert events[-1]["event"] == "found"
    assert events[-1]["seconds_left"] == 80.0


@pytest.fixture
def helped(host, tmp_path):
    """Operations with a helper beside the two tasks."""
    operations, worker, _, _ = host
    lines = [json.dumps({"text": f"more of it {i}", "tone": "ab"[i % 2]}) for i in range(40)]
    (tmp_path / "songs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    taskset = with_helpers(operations.taskset, tmp_path / "songs.jsonl")
    worker.answers["helpers"] = [{"name": "songs"}]
    return replace(operations, taskset=taskset, profile_=profile(taskset)), worker


def test_helpers_are_trained_with_and_never_served(helped):
    operations, worker = helped
    assert operations.tasks() == ["mood", "day"]
    assert operations.helpers("mood") == [{"name": "songs"}]
    assert worker.last == {"task": "mood", "sets": {"songs": ["songs_tone"]}}
    assert operations.train(["mood", "songs_tone"], "Probe()")["status"] == "done"
    assert worker.last["tasks"] == ["mood", "songs_tone"]
    assert operations.profile("songs_tone")["dev"] == 0
    for refused in (
        lambda: operations.combine({"songs_tone": MOOD}, {}),
        lambda: operations.compare(MOOD, {"songs_tone": MOOD}),
        lambda: operations.helpers("songs_tone"),
    ):
        with pytest.raises(ValueError, match="'songs_tone' may help and is not served"):
            refused()


def test_without_helpers_nothing_is_ranked(host, helped):
    operations, worker, _, _ = host
    assert operations.helpers("mood") == []
    assert worker.calls == []
    worker.answers["helpers"] = WorkerStopped("helpers")
    with pytest.raises(OutOfTime, match="ranking helpers took longer"):
        helped[0].helpers("mood")


def test_what_does_not_fit_is_not_started(host):
    operations, worker, used, _ = host
    worker.answers["estimate"] = 99.0
    found = operations.train(["mood"], "TfidfLinear()")
    assert (found["status"], found["part"]) == ("no time", "")
    assert found["reason"] == "would take about 99 s, 80 s are left"
    used[0] = 80.0
    worker.calls.clear()
    assert operations.train(["mood"], "TfidfLinear()")["status"] == "no time"
    assert worker.calls == []  # a call would kill the worker at once


def test_a_training_is_killed_when_its_time_is_over(host):
    operations, worker, used, _ = host
    used[0] = 50.0
    worker.answers["train"] = WorkerStopped("train")
    found = operations.train(["mood"], "TfidfLinear()")
    assert (found["status"], found["reason"]) == ("no time", "stopped: it took longer than 30 s")
    assert worker.calls[-1][1] == pytest.approx(time.monotonic() + 30.0, abs=5.0)


def test_a_failed_training_is_a_value_but_a_full_disk_ends_the_run(host):
    operations, worker, _, _ = host
    worker.answers["train"] = RunError("memory ran out")
    found = operations.train(["mood"], "TfidfLinear()")
    assert (found["status"], found["reason"]) == ("failed", "memory ran out")
    worker.answers["train"] = OutputError("No space left")
    with pytest.raises(OutputError):
        operations.train(["mood"], "TfidfLinear()")


def test_a_plan_that_goes_on_after_its_time_is_ended(host):
    operations, worker, used, _ = host
    used[0] = 85.0  # within the grace: half of the reserve
    operations.compare(BOTH, {"mood": MOOD})
    assert worker.calls[-1][1] == pytest.approx(time.monotonic() + 5.0, abs=2.0)
    used[0] = 91.0
    handle = operations.combine({"mood": BOTH}, {"mood": MOOD})
    operations.finish(handle)
    for late in (
        lambda: operations.profile("mood"),
        lambda: operations.train(["mood"], "TfidfLinear()"),
        lambda: operations.compare(BOTH, {"mood": MOOD}),
    ):
        with pytest.raises(OutOfTime, match="went on after its time"):
            late()
    assert operations.seconds_left() == 0.0
    assert operations.train(["mood"], "TfidfLinear()", 1)["status"] == "no time"
    used[0] = 99.0
    for late in (
        operations.seconds_left,
        lambda: operations.say("on"),
        lambda: operations.combine({}, {}),
        lambda: operations.train(["mood"], "TfidfLinear()", 1),
    ):
        with pytest.raises(OutOfTime):
            late()
    operations.finish(handle)


def test_a_comparison_that_hangs_ends_the_plan(host):
    operations, worker, _, _ = host
    worker.answers["compare"] = WorkerStopped("compare")
    with pytest.raises(OutOfTime, match="comparison took longer"):
        operations.compare(BOTH, {"mood": MOOD})


def test_combined_models_have_a_handle_of_their_content(host):
    operations, _, _, _ = host
    one = operations.combine({"mood": BOTH, "day": BOTH}, {"mood": MOOD})
    assert one == operations.combine({"day": BOTH, "mood": BOTH}, {"mood": MOOD})
    assert one != operations.combine({"mood": MOOD, "day": BOTH}, {"mood": MOOD})
    plain = operations.combine({"mood": MOOD}, {})
    assert plain == operations.combine({"mood": MOOD}, {}, {})
    assert plain != operations.combine({"mood": MOOD}, {}, {MOOD: [AGAIN]})


def test_a_repeat_leaves_the_time_to_answer_the_test_rows(host):
    operations, worker, _, _ = host
    rows = [
        {**row, "text": f"{row['text']} {n}", "split": ("train", "dev", "test")[n % 3]}
        for n, row in enumerate(ROWS)
    ]
    operations.taskset = load(rows, targets=["mood", "day"])
    testing = speeds.testing_seconds(operations.taskset)
    worker.answers["estimate"] = 80.0 - 1.5 * testing
    found = [operations.train(["mood"], "TfidfLinear()", repeat) for repeat in (0, 1, 2)]
    assert testing > 0
    assert [one["status"] for one in found] == ["done", "done", "no time"]
    worker.answers["estimate"] = 1.0
    operations.train(["mood"], "TfidfLinear()", 2)
    assert worker.last["repeat"] == 2
    assert worker.calls[-1][1] == pytest.approx(time.monotonic() + 80.0 - 2 * testing, abs=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o: o.tasks("other.yaml"), r"one task set, 'tasks.yaml'"),
        (lambda o: o.profile("moood"), "unknown task 'moood'.*'mood'"),
        (lambda o: o.train([], "TfidfLinear()"), "one or more task names"),
        (lambda o: o.train("mood", "TfidfLinear()"), "task names is needed; found 'mood'"),
        (lambda o: o.train(["mood"], "TfidfLiner()"), "TfidfLiner.*'TfidfLinear'"),
        (
            lambda o: o.train(["mood"], "TfidfLinear()", -1),
            "`repeat` of train.* 0 or more; found -1",
        ),
        (lambda o: o.combine({"mood": MOOD}, {}, {BOTH: []}), "which is no part or control here"),
        (lambda o: o.combine({"mood": MOOD}, {}, {MOOD: MOOD}), "a list of other parts"),
        (lambda o: o.combine({"mood": MOOD}, {}, {MOOD: [MOOD]}), r"each once; found \['a+'\]"),
        (lambda o: o.combine({"mood": MOOD}, {}, {MOOD: ["c"]}), "'c' is no trained part"),
        (
            lambda o: o.combine({"mood": MOOD}, {}, {MOOD: [BOTH]}),
            r"no repeat of '\w+', which is Probe\(\) on mood; it is Probe\(\) on mood, day",
        ),
        (lambda o: o.combine({"mood": ""}, {}), "handle of a part is empty: that training failed"),
        (lambda o: o.compare("", {"mood": MOOD}), 'ask its `status` for "done"'),
        (lambda o: o.combine({"mood": "../secret"}, {}), "'../secret' is no trained part"),
        (lambda o: o.combine({"mood": "c" * 32}, {}), "is no trained part"),
        (lambda o: o.combine({"day": MOOD}, {}), "does not answer 'day'; it answers mood"),
        (lambda o: o.compare(MOOD, {"day": BOTH}), "does not answer 'day'"),
        (lambda o: o.finish("best"), r"takes what combine\(\) gave; found 'best'"),
    ],
)
def test_mistakes_of_a_plan_are_told_to_it(host, call, message):
    with pytest.raises(ValueError, match=message):
        call(host[0])


def test_a_training_may_build_on_parts_and_says_so(host):
    operations, worker, _, events = host
    operations.taskset = load(
        [
            {**row, "text": f"{row['text']} {n}", "split": ("train", "dev", "test")[n % 3]}
            for n, row in enumerate(ROWS)
        ],
        targets=["mood", "day"],
    )
    operations.train(["mood"], "FineTune()", start=BOTH, teachers={"mood": MOOD})
    assert (worker.last["start"], worker.last["teachers"]) == (BOTH, {"mood": MOOD})
    assert events[-1]["builds_on"] == "from part bbbbbb, taught mood"
    operations.train(["mood"], "FineTune()")
    assert not {"start", "teachers"} & set(worker.last)
    assert events[-1]["builds_on"] == ""


def test_a_repeat_builds_on_the_same_parts(host):
    operations, _, _, _ = host
    facts = {"recipe": "Probe()", "tasks": ["mood"], "start": BOTH}
    path = operations.folder.parts / AGAIN / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ValueError, match=r"it is Probe\(\) on mood, from part bbbbbb"):
        operations.combine({"mood": MOOD}, {}, {MOOD: [AGAIN]})


def test_affinity_is_what_was_noted_while_a_part_was_trained(host, tmp_path):
    operations, worker, used, _ = host
    pull = {"mood": {"day": 0.1}, "day": {"mood": -0.2}}
    facts = {"recipe": "FineTune()", "tasks": ["mood", "day"], "moved": {"affinity": pull}}
    (tmp_path / "parts" / BOTH / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    assert operations.affinity(BOTH) == pull
    assert operations.affinity(MOOD) == {}
    assert worker.calls == []
    with pytest.raises(ValueError, match="no trained part of this run"):
        operations.affinity("../../secret")
    used[0] = 100.0
    with pytest.raises(OutOfTime):
        operations.affinity(BOTH)


def test_evidence_is_asked_of_the_worker_while_there_is_time(host):
    operations, worker, used, _ = host
    worker.answers["evidence"] = []
    assert operations.evidence(["mood", "day"], [BOTH]) == []
    assert (worker.last["tasks"], worker.last["parts"]) == (["mood", "day"], [BOTH])
    with pytest.raises(ValueError, match="did you mean 'mood'"):
        operations.evidence(["moood", "day"])
    used[0] = 100.0
    with pytest.raises(OutOfTime):
        operations.evidence(["mood", "day"])


def test_recipes_are_suggested_for_served_tasks_from_what_was_tried(host):
    operations, worker, used, _ = host
    worker.answers["suggest"] = ["FineTune()"]
    assert operations.suggest("mood", "tpe", {"FineTune( epochs=3 )": 0.5}) == ["FineTune()"]
    assert worker.last["tried"] == {"FineTune(epochs=3)": 0.5}
    for task, tried in (("moods", {}), ("mood", {"FineTun()": 0.5})):
        with pytest.raises(ValueError, match=r"did you mean '(mood|FineTune)'"):
            operations.suggest(task, "tpe", tried)
    used[0] = 100.0
    with pytest.raises(OutOfTime):
        operations.suggest("mood")
