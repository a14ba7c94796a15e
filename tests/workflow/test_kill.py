"""A run may be killed at any moment and goes on to the identical report and model.

States of the journal are met on purpose, also where several candidates train at once;
POLYTASK_KILLS=30 (`make kill-test`) adds kills at random moments. Every run has a fresh
POLYTASK_HOME, so that nothing is remembered from another.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from polytask.workflow.keys import candidate_name

KILLS = int(os.environ.get("POLYTASK_KILLS", "6"))
PARENT = """from polytask.plan import finish, tasks, try_plan

t = tasks("tasks.yaml")
finish(try_plan({child!r}, 240.0)["model"])
"""
CHILD_STATES = {"started": (7, "group"), "training": (4, "alone"), "published": (10, "group")}
"""States within a child plan, as `STATES`; its operations come after two of its parent's."""
PARALLEL_STATES = {
    "started": (3, "group"),  # the three tuned ones are asked for, none has begun
    "training": (2, "alone"),  # two are under way
    "half": (5, "group"),  # one of them is finished
    "published": (3, "alone"),  # all have their names, the journal does not know
    "done": (3, "group"),
}
"""States of a plan that trains several at once, as `STATES`."""
PARALLEL_CHILD_STATES = {"half": (5, "alone"), "published": (5, "group")}
KILLER = Path(__file__).with_name("killer.py")
STATES = {
    "before": (1, "alone"),  # nothing is in the journal
    "started": (5, "group"),  # an operation is, but not its end
    "training": (4, "alone"),  # in the last epoch of the joint training
    "published": (8, "group"),  # the part has its name, the journal does not know
    "done": (9, "alone"),  # between two operations
    "evaluation": (2, "group"),  # the plan has ended
    "written": (0, "alone"),  # the report is there, its run not marked as finished
}
"""By state the number of the operation or event, and who is killed."""


def words(job: Path, out: Path, encoder: Path, workers: int = 1) -> list[str]:
    found = ["run", str(job / "plan.py"), "--out", str(out), "--encoder", str(encoder)]
    found += ["--budget", "10m", "--threads", "1", "--dtype", "float32", "--quiet"]
    return [*found, *(["--workers", str(workers)] if workers > 1 else [])]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "POLYTASK_HOME": str(home)}


def finish(arguments: list[str], home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "polytask", *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def outcome(out: Path) -> tuple[dict, dict[str, str]]:
    """The report without its timing, and a hash of each file of the model."""
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    del report["timing"]
    files = sorted(path for path in (out / "model").rglob("*") if path.is_file())
    return report, {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.fixture(scope="module")
def undisturbed(tiny_encoder, make_job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    job = make_job(folder / "job")
    began = time.monotonic()
    finish(words(job, folder / "run", tiny_encoder), folder / "home")
    assert time.monotonic() - began < 120  # 6 s on a quiet machine
    return job, outcome(folder / "run"), time.monotonic() - began


def resumed(
    job: Path, out: Path, encoder: Path, home: Path, workers: int = 1
) -> tuple[dict, dict[str, str]]:
    """The outcome of going on with what a kill has left, by the command a person would give."""
    started = (out / "run.json").is_file()
    anew = words(job, out, encoder, workers)
    finish(["run", str(out), "--quiet"] if started else anew, home)
    return outcome(out)


def ended(pids: list[int]) -> bool:
    """Whether all of these processes are gone within two seconds."""
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:
        if not any(map(alive, pids)):
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def undisturbed_parent(tiny_encoder, make_job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill_child")
    job = make_job(folder / "job")
    child = (job / "plan.py").read_text(encoding="utf-8")
    (job / "plan.py").write_text(PARENT.format(child=child), encoding="utf-8")
    finish(words(job, folder / "run", tiny_encoder), folder / "home")
    return job, outcome(folder / "run")


@pytest.mark.slow
@pytest.mark.parametrize("state", list(CHILD_STATES))
def test_a_run_killed_within_a_child_plan_ends_in_the_identical_report(
    undisturbed_parent, tiny_encoder, tmp_path, state
):
    job, expected = undisturbed_parent
    assert len({name for name in expected[1] if name.endswith(".safetensors")}) > 0
    out, home = tmp_path / "run", tmp_path / "home"
    ended_in(state, CHILD_STATES, [job, out, tiny_encoder], home)
    children = list((out / "children").iterdir())
    assert resumed(job, out, tiny_encoder, home) == expected
    assert list((out / "children").iterdir()) == children  # the same child went on


@pytest.fixture(scope="module")
def parallel(parallel_plan, tiny_encoder, make_job, tmp_path_factory):
    """A plan that trains several at once, and what it ends in with one worker."""
    folder = tmp_path_factory.mktemp("kill_parallel")
    job = make_job(folder / "job")
    (job / "plan.py").write_text(parallel_plan, encoding="utf-8")
    finish(words(job, folder / "run", tiny_encoder), folder / "home")
    return job, outcome(folder / "run")


@pytest.mark.slow
@pytest.mark.parametrize("state", list(PARALLEL_STATES))
def test_a_run_killed_while_it_trains_several_at_once_ends_in_the_identical_report(
    parallel, tiny_encoder, tmp_path, state
):
    job, expected = parallel
    out, home = tmp_path / "run", tmp_path / "home"
    pids = ended_in(state, PARALLEL_STATES, [job, out, tiny_encoder], home, workers=2)
    assert len(pids) == 2
    finished = names_of(out, "found")
    assert resumed(job, out, tiny_encoder, home, workers=2) == expected
    fits = names_of(out, "training")
    assert all(fits.count(name) == 1 for name in finished)  # kept: none was trained again


def names_of(out: Path, kind: str) -> list[str]:
    """The candidates that events of a kind were about."""
    lines = (out / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [one for one in map(json.loads, lines) if one["event"] == kind]
    return [
        one.get("candidate") or candidate_name(one["recipe"], one["tasks"], one["repeat"])
        for one in events
    ]


@pytest.mark.slow
@pytest.mark.parametrize("state", list(PARALLEL_CHILD_STATES))
def test_a_child_plan_killed_while_it_trains_several_at_once_goes_on(
    parallel, tiny_encoder, make_job, tmp_path, state
):
    _, (expected, files) = parallel
    job = make_job(tmp_path / "job")
    child = (parallel[0] / "plan.py").read_text(encoding="utf-8")
    (job / "plan.py").write_text(PARENT.format(child=child), encoding="utf-8")
    out, home = tmp_path / "run", tmp_path / "home"
    assert len(ended_in(state, PARALLEL_CHILD_STATES, [job, out, tiny_encoder], home, 2)) == 2
    report, found = resumed(job, out, tiny_encoder, home, 2)
    assert found == files  # what the same plan delivers when it is nobody's child
    assert report["tasks"] == expected["tasks"]


@pytest.mark.slow
@pytest.mark.parametrize("state", list(STATES)[: max(6, KILLS)])
def test_a_run_killed_in_this_state_ends_in_the_identical_report(
    undisturbed, tiny_encoder, tmp_path, state
):
    job, expected, _ = undisturbed
    out, home = tmp_path / "run", tmp_path / "home"
    ended_in(state, STATES, [job, out, tiny_encoder], home)
    assert resumed(job, out, tiny_encoder, home) == expected


def ended_in(
    state: str,
    states: dict[str, tuple[int, str]],
    places: list[Path],
    home: Path,
    workers: int = 1,
) -> list[int]:
    """Run and kill in `state`; the processes left behind, whose ids are given, end themselves."""
    number, way = states[state]
    pids = home.with_name("pids")
    killer = [sys.executable, str(KILLER), state, str(number), way, str(pids)]
    killed = subprocess.run(
        [*killer, *words(*places, workers)],
        env=environment(home),
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr  # and not an end of its own
    left = [int(pid) for pid in pids.read_text(encoding="utf-8").split()]
    assert left or state == "written"  # by then it was stopped
    assert ended(left)  # a worker whose parent is gone ends itself
    return left


@pytest.mark.slow
@pytest.mark.parametrize("number", range(max(0, KILLS - len(STATES))))
def test_a_run_killed_at_any_moment_ends_in_the_identical_report(
    undisturbed, tiny_encoder, tmp_path, number
):
    job, expected, seconds = undisturbed
    out, home = tmp_path / "run", tmp_path / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "polytask", *words(job, out, tiny_encoder)],
        env=environment(home),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (out / "run.json").is_file() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(random.Random(number).uniform(0.0, seconds))
    workers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    if process.poll() is None:
        (os.killpg if number % 2 else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    assert ended([worker.pid for worker in workers])
    assert resumed(job, out, tiny_encoder, home) == expected
