"""A vocabulary of invented recipes, and operations that only record."""

import itertools
import math
import sys

import pytest

from polytask._catalogue import Catalogue
from polytask.planning.budget import OutOfTime
from polytask.planning.journal import Journal
from polytask.planning.stubs import Vocabulary

PARTS = '''
from dataclasses import dataclass
from typing import ClassVar


class TfidfLinear:
    """Words and characters."""

    def __init__(self, *, strength: float = 1.0):
        self.strength = strength


@dataclass(frozen=True)
class Probe:
    """A frozen encoder."""

    version: ClassVar[int] = 1
    strengths: tuple[float, ...] = (0.1, 1.0)


class KernelProbe:
    """A frozen encoder and boundaries that bend."""

    def __init__(self, *, width: float = 2.0):
        self.width = width


class FewShot:
    """Pairs."""

    def __init__(self, *, epochs: int = 5):
        self.epochs = epochs


class TopLayers:
    """Upper layers."""

    def __init__(
        self,
        *,
        layers: int = 2,
        epochs: int = 3,
        learning_rate: float = 2e-4,
        patience: int = 2,
    ):
        self.epochs = epochs


class FineTune:
    """All layers."""

    def __init__(
        self,
        *,
        epochs: int = 4,
        learning_rate: float = 1e-4,
        balancer: "Equal" = None,
        embeddings: bool = False,
        patience: int = 2,
        image_size: int | None = None,
    ):
        self.epochs = epochs


class Equal:
    """Equal weights."""

    def __init__(self, *, weight: float = 1.0):
        self.weight = weight
'''


class Killed(BaseException):
    """The process dies here."""


class Recorder:
    """Operations with invented results: a recipe's dev is a figure, its cost another."""

    def __init__(self, names=("a", "b"), dev=None, cost=None, budget=math.inf, distilled=None):
        self.names = list(names)
        self.dev = dev or (lambda tasks, _: dict.fromkeys(tasks, 0.5))
        self.distilled = distilled or self.dev  # of a joint part that has teachers
        self.takes = cost or (lambda *_: 1.0)
        self.left = budget
        self.log = []
        self.parts = {}
        self.repeats = {}
        self.sets = []
        self.pulls = {}
        self.spent = {}  # milliseconds of a row by recipe, where not the usual
        self.unmeasured = ()  # kinds of recipes that there is no time to measure
        self.front = {}
        self.drawn = []  # learning rates of the recipes that may be suggested

    def tasks(self, source):
        self.log.append(("tasks", source))
        return self.names

    def profile(self, task):
        self.log.append(("profile", task))
        return {"kind": "binary", "train": 10}

    def helpers(self, task):
        self.log.append(("helpers", task))
        return self.sets

    def train(self, tasks, recipe, repeat=0, start="", teachers=None):
        kind = "again" if repeat else "taught" if teachers else "train"
        more = {"again": (repeat,), "taught": (dict(teachers or {}),), "train": ()}[kind]
        self.log.append((kind, tuple(tasks), recipe, *more))
        recipe += f" @{start}" if start else ""
        helping = [task for one in self.sets for task in one["tasks"]]
        unknown = [task for task in tasks if task not in (*self.names, *helping)]
        if unknown:
            raise ValueError(f"Unknown task {unknown[0]!r}")
        told = recipe.partition(" @")[0]
        result = {"part": "", "recipe": told, "tasks": list(tasks), "dev": {}, "seconds": 0.0}
        seconds = self.takes(tasks, recipe)
        if seconds > self.left:
            return {**result, "status": "no time", "reason": "too long"}
        self.left -= seconds
        dev = self.distilled(tasks, recipe) if teachers else self.dev(tasks, recipe)
        if dev is None:
            return {**result, "status": "failed", "reason": "not enough rows"}
        dev = {task: value for task, value in dev.items() if task in self.names}
        handle = f"{'+'.join(tasks)}:{recipe}" + ("!" if teachers else "")
        handle += f"#{repeat}" if repeat else ""
        self.parts[handle] = dev
        return {
            **result,
            "part": handle,
            "dev": dev,
            "status": "done",
            "reason": "",
            "seconds": seconds,
        }

    def train_all(self, candidates):
        self.log.append(("at once", [(tuple(one["tasks"]), one["recipe"]) for one in candidates]))
        return [self.train(**one) for one in candidates]

    def compare(self, shared, controls):
        self.log.append(("compare", shared))
        gains = {t: self._dev(shared)[t] - self._dev(c)[t] for t, c in controls.items()}
        return {t: {"gain": g, "low": g, "high": g, "verdict": "better"} for t, g in gains.items()}

    def _dev(self, handle):
        names, _, recipe = handle.partition(":")
        dev = self.distilled if recipe.endswith("!") else self.dev
        return dev(names.split("+"), recipe.removesuffix("!"))

    def affinity(self, part):
        self.log.append(("affinity", part))
        return self.pulls

    def evidence(self, tasks, parts=()):
        self.log.append(("evidence", tuple(tasks), tuple(parts)))
        groups = [*itertools.combinations(tasks, 2), *itertools.combinations(tasks, 3)]
        groups += [tuple(tasks)] if len(tasks) > 3 else []
        found = []
        for group in groups:
            steps = [self.pulls.get(a, {}).get(b) for a, b in itertools.permutations(group, 2)]
            told = [step for step in steps if step is not None]
            predicted = {"DatasetFeatures": 0.5}
            predicted |= {"StepAffinity": sum(told) / len(steps)} if told else {}
            place = -predicted.get("StepAffinity", 0.0)
            reason = f"{' and '.join(group)} are promised most"
            told = {"tasks": list(group), "predicted": predicted, "place": place, "reason": reason}
            found.append(told)
        return sorted(found, key=lambda one: one["place"])

    def cost(self, part):
        """A linear model is small and its own; a probe stands on the encoder that all share."""
        self.log.append(("cost", part))
        names, _, recipe = part.partition(":")
        tasks = [task for task in names.split("+") if task in self.names]
        kind = recipe.partition("(")[0]
        size, spent = {"TfidfLinear": (1, 0.5), "Probe": (90, 6.0)}.get(kind, (90, 7.0))
        base = "encoder" if kind == "Probe" and " @" not in recipe else part
        return {
            "base": base,
            "bytes": size * 1_000_000,
            "heads": dict.fromkeys(tasks, 0 if size == 1 else 1000),
            "milliseconds": dict.fromkeys(tasks, self.spent.get(kind, spent)),
            "reads": dict.fromkeys(tasks, "text"),
            "status": "done" if kind not in self.unmeasured else "no time",
        }

    def suggest(self, task, sampler="tpe", tried=None, count=1, epochs=0):
        self.log.append(("suggest", task, sampler, dict(tried or {}), count, epochs))
        rates = self.drawn[len(tried or {}) :][:count]
        return [f"FineTune(epochs={epochs or 3}, learning_rate={rate})" for rate in rates]

    def combine(self, parts, controls, repeats=None, front=None):
        self.log.append(("combine", dict(parts), dict(controls)))
        self.repeats = dict(repeats or {})
        self.front = front or {}
        return "model"

    def seconds_left(self):
        if self.left <= 0:
            raise OutOfTime("nothing left")
        return min(self.left, 1e6)

    def say(self, text):
        self.log.append(("say", text))

    def finish(self, model):
        self.log.append(("finish", model))

    def trained(self):
        return [(item[1], item[2]) for item in self.log if item[0] == "train"]

    def taught(self):
        return [item[1:] for item in self.log if item[0] == "taught"]

    def again(self):
        return [item[1:] for item in self.log if item[0] == "again"]

    def said(self):
        return [item[1] for item in self.log if item[0] == "say"]


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    (folder / "invented_parts.py").write_text(PARTS)
    sys.path.insert(0, str(folder))
    recipes = dict.fromkeys(
        ["TfidfLinear", "Probe", "KernelProbe", "FewShot", "TopLayers", "FineTune"],
        "invented_parts",
    )
    balancers = Catalogue("balancer", {"Equal": "invented_parts"})
    yield Vocabulary(Catalogue("recipe", recipes), {"balancer": balancers})
    sys.path.remove(str(folder))


@pytest.fixture
def recorder():
    return Recorder


@pytest.fixture
def killed():
    return Killed


@pytest.fixture
def journal_of(tmp_path):
    """Opens the journal of a plan text; each call is a new session of the same run."""

    def open_journal(text, name="journal.sqlite", **meta):
        return Journal.open(tmp_path / name, meta={"plan": text, "seed": 0, **meta})

    return open_journal
