"""Several workers at once: who trains what, and when.

The host asks and listens in one thread. A candidate is estimated, decided on and trained by the
very same lines (`workflow.requests`) whether it is alone or one of several.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask._errors import PolytaskError
from polytask.workflow.memory import GIB, free_memory
from polytask.workflow.remote import NOT_YET, WorkerStopped, speaking
from polytask.workflow.requests import alone, proceed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from polytask.workflow.events import Listener
    from polytask.workflow.remote import Worker
    from polytask.workflow.requests import Requests

NEEDED = 2 * GIB
"""Bytes that must be free where a further worker starts: libraries, a small encoder in training."""


@dataclass(frozen=True)
class Job:
    """Something to be carried out by one worker.

    Args:
        name: Told in events where several are under way.
        requests: What it asks for; what it returns is the job's result.
        lane: Jobs of one lane go one after the other, in their order; "" is none.
    """

    name: str
    requests: Requests
    lane: str = ""


@dataclass(eq=False)
class _Running:
    """A job under way at a worker."""

    number: int
    job: Job
    worker: Worker
    deadline: float = 0.0
    result: Any = None

    def go_on(self, answer: Any = None, error: Exception | None = None) -> bool:
        """Take an answer and make the next request; `False` when the job has its result."""
        while True:
            try:
                operation, self.deadline, what = proceed(self.job.requests, answer, error)
            except StopIteration as end:
                self.result = end.value
                return False
            try:
                self.worker.ask(operation, **what)
            except PolytaskError as gone:
                answer, error = None, gone
            else:
                return True

    def listen(self) -> bool:
        """Hear what the worker has to say; `False` when the job has its result."""
        try:
            answer = self.worker.hear()
        except PolytaskError as error:
            return self.go_on(error=error)
        return True if answer is NOT_YET else self.go_on(answer)

    def late(self) -> bool:
        """Stop the worker; `False` when the job has its result."""
        self.worker.stop()
        return self.go_on(error=WorkerStopped("the time is over"))


@dataclass
class Pool:
    """The workers of a run.

    Args:
        workers: All that may run at once; the first is the run's own, the others start when there
            is something for them to do and memory for it.
        emit: Takes events.
        free: Bytes of memory that are free.
    """

    workers: Sequence[Worker]
    emit: Listener
    free: Callable[[], float] = free_memory
    _is_told: bool = field(default=False, init=False)

    def carry_out(self, jobs: Sequence[Job]) -> list[Any]:
        """The results of `jobs` in their order; they begin in this order, too.

        Events of a job carry its name as `candidate` where another may be under way. When
        something ends this (Ctrl-C, a full disk), the workers that are at it are stopped.
        """
        if len(jobs) < 2 or len(self.workers) < 2:
            return [alone(job.requests, self.workers[0].call) for job in jobs]
        waiting = dict(enumerate(jobs))
        running: list[_Running] = []
        results: dict[int, Any] = {}
        try:
            while waiting or running:
                for one in self._begun(waiting, running):
                    (running.append(one) if one.go_on() else results.update(_of(one)))
                for one in self._ended(running):
                    running.remove(one)
                    results.update(_of(one))
        finally:
            for one in running:
                one.worker.stop()
            for worker in self.workers:
                worker.about = ""
        return [results[number] for number in range(len(jobs))]

    def rest(self) -> None:
        """Stop all workers but the run's own."""
        for worker in self.workers[1:]:
            worker.stop()

    def stop(self) -> None:
        """Stop all."""
        for worker in self.workers:
            worker.stop()

    def _begun(self, waiting: dict[int, Job], running: Sequence[_Running]) -> Iterator[_Running]:
        """The jobs that can begin now, each with a free worker."""
        busy = [one.worker for one in running]
        lanes = {one.job.lane for one in running} - {""}
        for worker in self.workers:
            ready = (n for n, job in waiting.items() if job.lane not in lanes)
            number = next(ready, None)
            if number is None:
                return
            if any(worker is one for one in busy) or not self._may_run(worker):
                continue
            job = waiting.pop(number)
            lanes |= {job.lane} - {""}
            worker.about = job.name
            yield _Running(number, job, worker)

    def _may_run(self, worker: Worker) -> bool:
        """Whether a worker runs, is the first, or may start beside those that still grow."""
        if worker is self.workers[0] or worker.runs:
            return True
        young = sum(one.runs and not one.answered for one in self.workers[1:])
        free = self.free()
        enough = free >= (1 + young) * NEEDED
        if not enough and not self._is_told:
            self._is_told = True
            self.emit({"event": "workers", "text": self._short(free)})
        return enough

    def _short(self, free: float) -> str:
        run = sum(worker.runs for worker in self.workers)
        return (
            f"{len(self.workers)} workers were asked for, {run or 1} at work: a further one starts "
            f"where {NEEDED / GIB:g} GiB of memory are free beside what those need that have just "
            f"started; {free / GIB:.1f} GiB are"
        )

    def _ended(self, running: Sequence[_Running]) -> Iterator[_Running]:
        """Listen for up to a second; the jobs that have their result."""
        if not running:
            return
        self.workers[0].wait()
        left = min(one.deadline for one in running) - time.monotonic()
        heard = speaking([one.worker for one in running], min(1.0, left))
        for one in list(running):
            if any(one.worker is worker for worker in heard):
                goes_on = one.listen()
            else:
                goes_on = one.deadline > time.monotonic() or one.late()
            if not goes_on:
                yield one


def crowding(workers: int, threads: int) -> Iterator[dict[str, Any]]:
    """An event where workers have more threads together than there are processors for them."""
    here = len(os.sched_getaffinity(0))
    if workers > 1 and workers * threads > here:
        text = (
            f"{workers} workers with {threads} thread{'s' if threads > 1 else ''} each share "
            f"{here} processor{'s' if here > 1 else ''}: they get in each other's way"
        )
        way_out = f"; --threads {here // workers}" if workers <= here else "; take fewer workers"
        yield {"event": "workers", "text": text + way_out}


def _of(one: _Running) -> Mapping[int, Any]:
    return {one.number: one.result}
