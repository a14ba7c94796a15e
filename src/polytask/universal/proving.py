"""The whole proof: train, check every entry, run the jobs, write the certificate."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from polytask._durable import write
from polytask._errors import ModelError, OutputError
from polytask.universal import jobs
from polytask.universal.driving import drive, program
from polytask.universal.teaching import QUESTION, TASKS, check, teach

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from polytask.learning.model import Model
    from polytask.universal.jobs import Job
    from polytask.universal.machine import Machine

CERTIFICATE = "certificate.json"
SHOWN = (
    "The model answers every entry of the transition table of a universal Turing machine as the "
    "table does; that is checked for all of them. The task program adds a tape without bound. So "
    "model, runtime and tape together compute what any computer can, up to time and memory."
)
NOT_SHOWN = (
    "The model alone is a finite function: it is not Turing-complete, and it did not invent the "
    "table. Nothing here says that it would be right about a table it was not shown."
)


@dataclass(frozen=True)
class Proof:
    """What was shown.

    Args:
        folder: Where the certificate and the models lie.
        certificate: The certificate, plain data.
    """

    folder: Path
    certificate: dict[str, Any]


def prove(
    out: Path,
    *,
    models: Path | None = None,
    quick: bool = False,
    seed: int = 0,
    tell: Callable[[str, int, int], None] | None = None,
) -> Proof:
    """Train or load a model a machine, check it on all entries, run the jobs, write all of it.

    Args:
        out: The folder to make: `certificate.json`, and `models/` by machine.
        models: A folder as `out/models`, whose models are taken instead of trained ones.
        quick: The first job alone: seconds instead of minutes.
        seed: Seed of the training.
        tell: Told what is being done, how many steps of it are done, and of how many; 0 of 0
            where it has none.

    Raises:
        OutputError: `out` exists.
        ModelError: A model is wrong about an entry, or missing.
        RunError: A run differs from the simulator.
    """
    if out.exists():
        raise OutputError(f"{out} exists and was not touched: choose another folder with --out")
    chosen = [jobs.tag_example()] if quick else [jobs.tag_example(), jobs.copy(), jobs.increment()]
    making = _Making(out, models, seed, tell or _quiet)
    program().check()
    runs = [making.run(job) for job in chosen]
    certificate = {
        "format": 1,
        "shown": SHOWN,
        "not_shown": NOT_SHOWN,
        "question": QUESTION,
        "tasks": list(TASKS),
        "program_sha256": hashlib.sha256(program().text.encode()).hexdigest(),
        "machines": making.machines,
        "runs": runs,
        "versions": {name: version(name) for name in ("polytask", "torch", "pydantic-monty")},
        "timing": making.timing,
    }
    text = json.dumps(certificate, ensure_ascii=False, indent=1) + "\n"
    write(out / CERTIFICATE, text)
    return Proof(out, certificate)


@dataclass
class _Making:
    out: Path
    given: Path | None
    seed: int
    tell: Callable[[str, int, int], None]
    loaded: dict[str, Model] = field(default_factory=dict)
    machines: dict[str, Any] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)

    def run(self, job: Job) -> dict[str, Any]:
        """One job on the model of its machine, as the certificate has it."""
        model = self._model(job.machine)
        name = f"{job.machine.name} runs a program: {job.name}"
        done = drive(job, model, tell=lambda step, steps: self.tell(name, step, steps))
        self.timing[f"{job.name} seconds"] = round(done.seconds, 2)
        return {
            "name": job.name,
            "machine": job.machine.name,
            "answers": "live, at every step" if job.live else "remembered, each entry asked once",
            "questions": done.questions,
            "steps": done.steps,
            "steps_compared": done.steps,
            "first_tape_sha256": done.first,
            "last_tape_sha256": done.last,
            "first_word": list(job.first),
            "last_word": done.word,
        }

    def _model(self, machine: Machine) -> Model:
        """The model of a machine: the one that lies in the folder `out`, loaded and checked."""
        from polytask.learning.model import Model

        if machine.name in self.loaded:
            return self.loaded[machine.name]
        place = machine.name.replace("(", "_").replace(",", "_").replace(")", "").lower()
        folder = self.out / "models" / place
        begun = time.perf_counter()
        self._made(machine, place).save(_parent(folder))
        self.timing[f"{machine.name} training seconds"] = round(time.perf_counter() - begun, 2)
        model = Model.load(folder)
        self.tell(f"checking every entry of {machine.name}", 0, 0)
        entries = check(model, machine)
        self.loaded[machine.name] = model
        self.machines[machine.name] = {
            "source": machine.source,
            "table_sha256": machine.digest(),
            "entries": entries,
            "halting_entries": entries - len(machine.table),
            "answers_checked": len(TASKS) * entries,
            "answers_right": len(TASKS) * entries,  # or `check` had refused the model
            "model": f"models/{place}",
            "model_sha256": digest(folder),
            "recipes": [part.recipe for part in model.parts.values()],
            "parameters": model.parameters,
        }
        return model

    def _made(self, machine: Machine, place: str) -> Model:
        from polytask.learning.model import Model

        if self.given is None:
            self.tell(f"training three tasks on the table of {machine.name}", 0, 0)
            return teach(machine, seed=self.seed)
        if not (self.given / place).is_dir():
            raise ModelError(
                f"{self.given / place} is not there: --models takes the folder `models` that "
                "`polytask universal` wrote, with a folder a machine"
            )
        return Model.load(self.given / place)


def digest(folder: Path) -> str:
    """SHA-256 of all files of a folder, with their names, in the order of the names."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            found.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return found.hexdigest()


def _parent(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def _quiet(*_: object) -> None:
    """Tell nobody."""
