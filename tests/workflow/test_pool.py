"""Several workers at once, without processes: they answer by a table, into real pipes."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from polytask._errors import OutputError, RunError
from polytask.workflow.memory import GIB
from polytask.workflow.pool import NEEDED, Job, Pool, crowding
from polytask.workflow.remote import Worker, WorkerStopped


@dataclass
class Process:
    """What a worker asks of its process when it is gone."""

    def wait(self) -> int:
        return -9

    def kill(self) -> None:
        pass

    stdin: Any = None


@dataclass
class Scripted(Worker):
    """A worker that takes the seconds it is asked for, then says what it was given to say."""

    asked: list[tuple[str, float]] = field(default_factory=list, init=False)
    starts: int = field(default=0, init=False)
    _into: int = field(default=-1, init=False)
    _timer: threading.Timer = field(init=False)

    def __post_init__(self) -> None:
        self._timer = threading.Timer(0.0, int)
        self._timer.start()

    def start(self) -> None:
        if self._process is None:
            self._answers, self._into = os.pipe()
            self._process, self.answered = Process(), False  # type: ignore[assignment]
            self.starts += 1

    def ask(self, operation: str, **arguments: Any) -> None:
        self.start()
        self._asked = operation
        self.asked.append((operation, time.monotonic()))
        self._timer = threading.Timer(arguments["seconds"], self._say, (arguments["says"],))
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()
        self._timer.join()
        super().stop()
        self._end()

    def _say(self, says: Any) -> None:
        if says == "die":
            self._end()
            return
        messages = [{"event": {"event": "epoch"}}, says]
        os.write(self._into, "".join(f"{json.dumps(one)}\n" for one in messages).encode())

    def _end(self) -> None:
        if self._into >= 0:
            os.close(self._into)
            self._into = -1


def job(name: str, seconds: float = 0.05, says: Any = None, lane: str = "", limit: float = 9.0):
    """A job of one step, whose result is the answer or what was raised."""

    def steps():
        began = time.monotonic()
        what = {"seconds": seconds, "says": says or {"result": name}}
        try:
            answer = yield name, time.monotonic() + limit, what
        except OutputError:
            raise
        except (RunError, WorkerStopped) as error:
            answer = error
        return answer, began, time.monotonic()

    return Job(name, steps(), lane)


@pytest.fixture
def pool():
    events: list[dict[str, Any]] = []
    waits: list[float] = []
    workers = [
        Scripted({}, None, events.append, lambda: waits.append(0.0))  # type: ignore[arg-type]
        for _ in range(2)
    ]
    made = Pool(workers, events.append, lambda: 64.0 * GIB)
    yield made, events, waits
    made.stop()


@pytest.mark.slow
def test_jobs_go_side_by_side_and_results_keep_their_order(pool):
    made, events, _ = pool
    found = made.carry_out([job("slow", 1.5), job("one", 0.1), job("two", 0.1)])
    assert [answer for answer, *_ in found] == ["slow", "one", "two"]
    (_, began, ended), *others = found
    assert all(began <= start and end <= ended for _, start, end in others)
    assert [one["candidate"] for one in events] == ["one", "two", "slow"]
    assert [worker.about for worker in made.workers] == ["", ""]


def test_one_job_or_one_worker_needs_no_other_and_no_names(pool):
    made, events, _ = pool
    alone_ = Pool(made.workers[:1], events.append)
    for found in (made.carry_out([job("one")]), alone_.carry_out([job("one"), job("two")])):
        assert found[0][0] == "one"
    assert all("candidate" not in event for event in events)
    assert [worker.starts for worker in made.workers] == [1, 0]


def test_jobs_of_a_lane_go_one_after_the_other(pool):
    made, _, _ = pool
    lanes = {"a": "l", "b": "l", "c": "", "d": "l"}
    a, b, c, d = made.carry_out([job(name, 0.1, lane=lane) for name, lane in lanes.items()])
    assert a[2] <= b[1] <= b[2] <= d[1]
    assert c[1] < a[2]  # c did not wait for them


def test_a_worker_that_dies_costs_its_job_alone(pool):
    made, _, _ = pool
    found = made.carry_out([job("slow", 0.3), job("dead", 0.05, "die"), job("next", 0.05)])
    assert isinstance(found[1][0], RunError)
    assert "ended during `dead` (exit status -9" in str(found[1][0])
    assert [found[0][0], found[2][0]] == ["slow", "next"]
    assert [worker.starts for worker in made.workers] == [1, 2]


def test_a_job_whose_time_is_over_is_stopped_and_the_rest_goes_on(pool):
    made, _, _ = pool
    late, fine = made.carry_out([job("late", 5.0, limit=0.2), job("fine", 0.4)])
    assert isinstance(late[0], WorkerStopped)
    assert late[2] - late[1] < 2.0
    assert fine[0] == "fine"


def test_no_further_worker_starts_where_memory_is_short_and_that_is_said_once(pool):
    made, events, _ = pool
    made.free = lambda: 0.5 * GIB
    for _ in range(2):
        a, b = made.carry_out([job("a"), job("b")])
        assert a[2] <= b[1]
    assert [worker.starts for worker in made.workers] == [1, 0]
    (told,) = [one["text"] for one in events if one["event"] == "workers"]
    assert told.startswith("2 workers were asked for, 1 at work: a further one starts where 2 GiB")
    assert told.endswith("0.5 GiB are")
    made.free = lambda: NEEDED
    made.carry_out([job("a", 0.2), job("b", 0.2)])
    assert made.workers[1].starts == 1


def test_workers_that_have_just_started_count_with_what_they_will_need(pool):
    made, _, _ = pool
    third = Scripted({}, None, print, print)  # type: ignore[arg-type]
    made.workers = [*made.workers, third]
    made.free = lambda: 1.5 * NEEDED
    made.carry_out([job(name, 0.3) for name in "abc"])
    assert [worker.starts for worker in made.workers] == [1, 1, 0]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, OutputError])
def test_what_ends_the_run_stops_all_that_are_at_it(pool, kind):
    made, _, _ = pool

    def broken():
        yield "short", time.monotonic() + 9.0, {"seconds": 0.1, "says": {"result": 0}}
        raise kind("now")

    with pytest.raises(kind):
        made.carry_out([job("long", 5.0), Job("broken", broken())])
    assert not made.workers[0].runs
    assert [worker.about for worker in made.workers] == ["", ""]


@pytest.mark.slow
def test_time_that_passes_is_told_once_a_second(pool):
    made, _, waits = pool
    made.carry_out([job("a", 1.3), job("b", 1.2)])
    assert 1 <= len(waits) <= 3


@pytest.mark.parametrize(
    ("workers", "threads", "told"),
    [(1, 64, ""), (2, 1, ""), (2, 4, "; --threads 2"), (8, 1, "; take fewer workers")],
)
def test_more_threads_than_processors_are_told(monkeypatch, workers, threads, told):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    found = [one["text"] for one in crowding(workers, threads)]
    assert len(found) == bool(told)
    assert all(text.endswith(told) and text.startswith(f"{workers} workers") for text in found)
