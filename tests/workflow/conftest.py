"""A small real job for tests: two tasks on one file, a random encoder, a plan."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from polytask.planning.journal import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.workflow.result import Result

PLAN = '''"""A plan for tests: quick, with every kind of operation."""

from polytask.plan import (
    FineTune, Probe, TfidfLinear, TopLayers,
    combine, compare, finish, say, seconds_left, tasks, train,
)

t = tasks("tasks.yaml")
best = {}
for recipe in [TfidfLinear(), Probe(), TopLayers(layers=1, epochs=1)]:
    for name in t:
        found = train([name], recipe)
        if name not in best or found["dev"][name] > best[name]["dev"][name]:
            best[name] = found
joint = train(t, FineTune(epochs=2, learning_rate=1e-3, batch_size=16))
controls = {name: found["part"] for name, found in best.items()}
gains = compare(joint["part"], controls)
say(f"time left: {seconds_left() > 0}")
parts = {name: joint["part"] if gains[name]["gain"] > 0 else controls[name] for name in t}
again = train(["topic"], best["topic"]["recipe"], repeat=1)
finish(combine(parts, controls, {controls["topic"]: [again["part"]]}))
'''

QUICK_PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""

_WORDS = {
    "music": ["play", "song", "album", "track", "jazz"],
    "weather": ["rain", "sunny", "forecast", "storm", "wind"],
    "food": ["book", "table", "dinner", "sushi", "menu"],
}
_MOODS = {"good": ["great", "lovely", "nice"], "bad": ["awful", "poor", "sad"]}
_FILLER = ["the", "a", "please", "today", "in", "berlin", "for", "me", "now", "with"]


def rows(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Sentences with a topic and a mood that their words give away, most of the time."""
    chosen = random.Random(seed)
    found = []
    for number in range(count):
        topic, mood = chosen.choice(list(_WORDS)), chosen.choice(list(_MOODS))
        words = [
            *chosen.sample(_WORDS[topic], 2),
            chosen.choice(_MOODS[mood]),
            *chosen.choices(_FILLER, k=4),
            f"w{number}",
        ]
        chosen.shuffle(words)
        if chosen.random() < 0.1:
            topic = chosen.choice(list(_WORDS))
        found.append({"text": " ".join(words), "topic": topic, "mood": mood})
    return found


def write_rows(folder: Path, sizes: dict[str, int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (split, count) in enumerate(sizes.items()):
        lines = [json.dumps(row) for row in rows(count, seed=number)]
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, a task file and a plan; POLYTASK_HOME is fresh."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    return _make_job(tmp_path / "任务 job")


@pytest.fixture(scope="session")
def quick_plan() -> str:
    """A plan that trains without torch."""
    return QUICK_PLAN


@pytest.fixture(scope="session")
def parallel_plan() -> str:
    """A plan that asks for several candidates at once: four quick ones, three tuned ones, two."""
    return Path(__file__).with_name("at_once.plan").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def train_call() -> Callable[..., Call]:
    """Makes a journal's record of a training; `repeat` is its argument, `more` its answer."""

    def made(part: str, dev: dict[str, float], repeat: int = 0, **more: Any) -> Call:
        output: Any = {"status": "done", "part": part, "recipe": "FineTune()", "reason": ""}
        output |= {"tasks": list(dev), "dev": dev, "seconds": 1.0, **more}
        arguments: Any = {"repeat": repeat} if repeat else {}
        return Call(0, "train", arguments, None, "done", output, 1.0)

    return made


@pytest.fixture(scope="session")
def make_rows() -> Callable[..., list[dict[str, str]]]:
    """Makes labelled rows."""
    return rows


@pytest.fixture(scope="session")
def make_job() -> Callable[[Path], Path]:
    """Makes such a folder anywhere."""
    return _make_job


def _make_job(folder: Path) -> Path:
    write_rows(folder / "data", {"train": 120, "dev": 40, "test": 60})
    splits = ", ".join(f"{s}: data/{s}.jsonl" for s in ("train", "dev", "test"))
    tasks = "".join(
        f"  {name}: {{data: {{{splits}}}, input: text, target: {name}}}\n"
        for name in ("topic", "mood")
    )
    (folder / "tasks.yaml").write_text(f"tasks:\n{tasks}", encoding="utf-8")
    (folder / "plan.py").write_text(PLAN, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random two-layer text encoder."""
    from polytask.learning.encoders.tiny import tiny_text_encoder

    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    folder.mkdir()
    tiny_text_encoder([row["text"] for row in rows(200)]).save(folder)
    return folder


class Ran(NamedTuple):
    """A finished run: the folder with its data and plan, what it gave, what it told."""

    job: Path
    result: Result
    events: list[dict[str, Any]]

    @property
    def path(self) -> Path:
        return self.result.path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Ran:
    """A run with every kind of operation and a random encoder; to be looked at, not changed."""
    folder = tmp_path_factory.mktemp("finished")
    return _ran(_make_job(folder / "任务 job"), folder, encoder=str(tiny_encoder))


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run without torch on tasks of five kinds; to be looked at, not changed."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "job").mkdir()
    lines = [json.dumps(row, ensure_ascii=False) for row in mixed_rows(240)]
    (folder / "job" / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "job" / "tasks.yaml").write_text(MIXED, encoding="utf-8")
    (folder / "job" / "plan.py").write_text(QUICK_PLAN, encoding="utf-8")
    return _ran(folder / "job", folder)


MIXED = """tasks:
  topic: {data: rows.jsonl, input: text, target: topic, map: {meal: food}, split: split}
  mood: {data: rows.jsonl, input: text, target: mood, split: split}
  themes: {data: rows.jsonl, input: text, target: themes, kind: multilabel, split: split}
  length: {data: rows.jsonl, input: text, target: length, kind: regression, split: split}
  words: {data: rows.jsonl, input: tokens, target: tags, kind: tagging, split: split}
"""


def mixed_rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows of `rows` with more targets: themes, length, tags of their tokens, a raw label."""
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows(count, seed)):
        tokens = row["text"].split()
        music = [word in _WORDS["music"] for word in tokens]
        themes = [name for name in _WORDS if set(tokens) & set(_WORDS[name])] + [row["mood"]]
        topic = "meal" if row["topic"] == "food" and number % 2 else row["topic"]
        split = ("train", "train", "dev", "test")[number % 4]
        found.append(
            {
                **row,
                "topic": topic,
                "tokens": tokens,
                "tags": ["B-music" if hit else "O" for hit in music],
                "themes": themes,
                "length": float(len(row["text"])),
                "split": split,
            }
        )
    return found


def _ran(job: Path, folder: Path, **options: Any) -> Ran:
    import polytask

    events: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(folder / "home"))
        result = polytask.run(
            job / "plan.py",
            out=folder / "run",
            listener=lambda event: events.append(dict(event)),
            budget="5m",
            threads=1,
            dtype="float32",
            **options,
        )
    return Ran(job, result, events)


OLD_TASKS = """tasks:
  topic: {data: ../data/old.jsonl, input: text, target: topic}
  mood: {data: ../data/old.jsonl, input: text, target: mood, split: {folds: 5}}
"""


@pytest.fixture(scope="session")
def finished_by_hand() -> Callable[..., Path]:
    """Makes a finished run folder around a part of topic and mood, without a run."""
    return _finished_by_hand


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run folder with a linear part; needs no torch; to be looked at, not changed."""
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.recipes.tfidf_linear import TfidfLinear

    def fitted(taskset: Any) -> Any:
        names = list(taskset)
        tasks = [taskset[name] for name in names]
        return TfidfLinear().fit(tasks, taskset.fold(names), Context(threads=1))

    return _finished_by_hand(tmp_path_factory.mktemp("plain"), fitted)


def _finished_by_hand(root: Path, made: Callable[[Any], Any], encoder: str = "") -> Path:
    from polytask.evaluation.prediction import Decisions
    from polytask.evaluation.report import write
    from polytask.learning.model import Model
    from polytask.tasks import load
    from polytask.workflow.folder import RunFolder, write_json
    from polytask.workflow.resuming import sources
    from polytask.workflow.settings import Settings

    folder = RunFolder(root / "run")
    folder.parts.mkdir(parents=True)
    (root / "data").mkdir()
    lines = "\n".join(json.dumps(row) for row in rows(80))
    (root / "data" / "old.jsonl").write_text(f"{lines}\n", encoding="utf-8")
    folder.task_file.write_text(OLD_TASKS, encoding="utf-8")
    folder.plan.write_text("# a plan\n", encoding="utf-8")
    taskset = load(folder.task_file)
    part = made(taskset)
    decisions = {"topic": Decisions(temperature=1.5, sure_from=0.4)}
    routing = {"topic": "joint", "mood": "joint"}
    Model({"joint": part}, routing, decisions, taskset.tasks).save(folder.model)
    settings = Settings(encoder=encoder, threads=1, dtype="float32").plain()
    facts = {"format": 1, "state": "finished", "place": str(folder.path), "source": "old.jsonl"}
    facts |= {"budget_seconds": 60.0, "tasks_named": "tasks.yaml", "settings": settings}
    write_json(folder.marker, {**facts, **sources(folder)})
    write(_report_by_hand(part.recipe, taskset), folder.report)
    return folder.path


def _report_by_hand(recipe: str, taskset: Any) -> Any:
    from polytask.evaluation.report import (
        Control,
        ModelReport,
        PartReport,
        Report,
        TaskReport,
        with_sentences,
    )

    control = Control("TfidfLinear()", 0.8, 0.7, 0.9, None)
    task = TaskReport("multiclass", "accuracy", value=0.9, low=0.8, high=1.0, control=control)
    tasks = {}
    for name in taskset:
        assigned, folds = taskset.tables[taskset[name].table].final, taskset.folds([name])
        judged = len(assigned) if folds > 1 else 0  # every row is a dev and a test row of a fold
        counts = {f"n_{s}": judged or int((assigned == s).sum()) for s in ("dev", "test")}
        counts["n_train"] = int((assigned == "train").sum())
        tasks[name] = replace(task, inputs=("text",), folds=folds, **counts)
    part = PartReport("joint", recipe, ("topic", "mood"), 100, 400)
    alone = tuple(PartReport(n, "TfidfLinear()", (n,), 50, 200) for n in ("topic", "mood"))
    return with_sentences(
        Report(
            0,
            60.0,
            tasks,
            said=("before",),
            warnings=("kept",),
            model=ModelReport(100, 400, (part,)),
            controls=ModelReport(100, 400, alone),
        )
    )


@pytest.fixture(scope="session")
def new_rows() -> list[dict[str, str]]:
    """Rows of a task that no run here has: whether a text speaks of music."""
    splits = ("train", "train", "dev", "test")
    return [
        {
            "text": row["text"],
            "heard": "yes" if row["topic"] == "music" else "no",
            "split": splits[number % 4],
        }
        for number, row in enumerate(rows(120, seed=7))
    ]


TRIAGE = """from polytask.program import predict

def route(row):
    mood = predict("mood", row)
    if mood["label"] == "bad":
        return {"queue": "person", "probability": mood["probability"]}
    topic = predict("topic", row)
    return {"queue": topic["label"] if topic["probability"] > 0.4 else None}
"""
ESCALATE = """from polytask.program import predict

def escalate(row):
    found = predict("triage", row)
    return "yes" if found is None or found["queue"] == "person" else "no"
"""
PROGRAM_TASKS = """tasks:
  topic: {data: DATA, input: text, target: topic}
  mood: {data: DATA, input: text, target: mood}
  triage: {data: DATA, input: text, target: queue, program: "programs/triage.py:route"}
  escalate: {data: DATA, input: text, target: escalate, program: programs/escalate.py}
""".replace("DATA", "{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}")


@pytest.fixture
def program_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, a task file with two programs, and a plan."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return _make_program_job(tmp_path / "job")


@pytest.fixture(scope="session")
def make_program_job() -> Callable[[Path], Path]:
    """Makes such a folder anywhere."""
    return _make_program_job


def _make_program_job(folder: Path) -> Path:
    (folder / "programs").mkdir(parents=True)
    for seed, (split, count) in enumerate({"train": 300, "dev": 500, "test": 120}.items()):
        found = rows(count, seed=seed)
        for row in found:
            row["queue"] = "person" if row["mood"] == "bad" else row["topic"]
            row["escalate"] = "yes" if row["queue"] == "person" else "no"
        lines = [json.dumps(row) for row in found]
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tasks.yaml").write_text(PROGRAM_TASKS)
    (folder / "plan.py").write_text(QUICK_PLAN)
    (folder / "programs/triage.py").write_text(TRIAGE)
    (folder / "programs/escalate.py").write_text(ESCALATE)
    return folder
