"""Reports of every shape: one task, three, nine, folds, many classes, hostile text."""

from __future__ import annotations

import pytest

from polytask.evaluation.report import (
    Candidate,
    ClassReport,
    Confusion,
    Control,
    Curve,
    DecisionReport,
    Epoch,
    Estimate,
    Finding,
    Joint,
    Latency,
    Mistake,
    ModelReport,
    PartReport,
    PlanLine,
    PlanReport,
    Report,
    Residuals,
    TaskReport,
    Timing,
    with_sentences,
)

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
LONG = "entailment_of_a_very_long_task_name_that_someone_chose"
PLAN = '''"""Which of nine tasks should be one? 30 minutes, two cores."""
from polytask.plan import FineTune, Probe, combine, compare, finish, say, tasks, train

t = tasks("tasks.yaml")

# A frozen probe first: seconds, and often near the top.
for task in t:
    single = train([task], Probe())

# One encoder for all: intent and slots stand on the same sentences.
joint = train(t, FineTune(epochs=3))
verdicts = compare(joint["part"], {"intent": single["part"]})
say("poem_sentiment loses by sharing and is kept apart")
finish(combine({"intent": joint["part"]}, {"intent": single["part"]}))
'''


def task(value=0.9, half=0.02, gain=None, **more):
    """A task with an interval of ± `half`, and a control `gain` below it."""
    base = {"kind": "multiclass", "metric": "accuracy", "n_train": 8000, "n_dev": 900}
    base |= {"n_test": 2000, "floor": 0.2, "recipe": "FineTune(epochs=3)", "part": "joint"}
    base |= {"value": value, "low": value - half, "high": value + half, "dev": value}
    base |= {"passes": 3.0, "metrics": {"accuracy": value, "macro_f1": value - 0.03}}
    if gain is not None:
        below = value - gain
        base["control"] = Control("FineTune(epochs=3)", below, below - half, below + half, 3.0)
        base["gain"] = Estimate(gain, gain - half / 2, gain + half / 2)
    return TaskReport(**(base | more))


def classes(count):
    """A classification report of `count` classes."""
    return tuple(
        ClassReport(f"class_{i:02d}", 0.9 - i % 7 / 20, 0.85, 0.87 - i % 7 / 30, 10 + i)
        for i in range(count)
    )


def confusion(count):
    """Mostly right answers; every fifth class is also taken for the next."""
    counts = [[0] * count for _ in range(count)]
    for i in range(count):
        counts[i][i] = 30 + i % 5
        counts[i][(i + 1) % count] += 6 if i % 5 == 0 else 1
    return Confusion(tuple(f"class_{i:02d}" for i in range(count)), tuple(map(tuple, counts)))


def model(parts, size=45_000_000):
    """A model of parts given as name → tasks."""
    made = tuple(
        PartReport(name, "FineTune(epochs=3)", tuple(names), 22_700_000, size)
        for name, names in parts.items()
    )
    return ModelReport(22_700_000 * len(made), size * len(made), made)


def candidates(names):
    """A joint candidate over `names`, their probes, and one that found no time."""
    joint = Candidate(
        "joint",
        tuple(names),
        "FineTune(epochs=3, learning_rate=0.0002)",
        dev=dict.fromkeys(names, 0.9),
        chosen=tuple(names),
        reason="best on dev for all but one",
        line=11,
        passes=3.0,
    )
    probes = [
        Candidate(f"probe-{n}", (n,), "Probe()", dev={n: 0.85}, control=(n,), line=8) for n in names
    ]
    late = Candidate("late", tuple(names), "FineTune(epochs=8)", "no time", reason="needs 400 s")
    return (*probes, joint, late)


def curves(names):
    """Three epochs of the joint candidate, and of one probe."""
    joint = tuple(
        Epoch(
            e,
            {n: 1.2 / e + i / 10 for i, n in enumerate(names)},
            {n: 0.95 - 0.3 / e - i / 50 for i, n in enumerate(names)},
        )
        for e in (1, 2, 3)
    )
    single = tuple(Epoch(e, {names[0]: 0.9 / e}, {names[0]: 0.9 - 0.2 / e}) for e in (1, 2, 3))
    return (Curve("joint", joint), Curve(f"probe-{names[0]}", single))


def many():
    """Nine tasks: better, no worse, worse, undecided, apart, failed, in units, in Chinese."""
    found = {
        "intent": task(0.987, 0.008, 0.004, verdict="no worse", confusion=confusion(7)),
        "slots": task(0.949, 0.01, 0.021, verdict="better", kind="tagging", metric="span_f1"),
        "banking77": task(
            0.931, 0.009, 0.012, verdict="better", classes=classes(77), confusion=confusion(77)
        ),
        "poem_sentiment": task(
            0.71, 0.09, 0.01, verdict="not decidable", n_train=892, n_test=104, rows_needed=1447
        ),
        "sst_binary": task(0.88, 0.02, -0.02, verdict="worse", kind="binary"),
        "relatedness": task(
            0.41, 0.02, 0.03, verdict="better", kind="regression", metric="mae",
            higher_is_better=False, floor=0.81,
            residuals=Residuals(0.01, 0.52, {"5%": -0.8, "50%": 0.0, "95%": 0.9},
                                tuple((i / 10, i / 11 + i % 7 / 5) for i in range(10, 50))),
        ),
        LONG: task(
            0.82, 0.012, part="own", recipe="TfidfLinear()", verdict="apart",
            control=Control("TfidfLinear()", 0.82, 0.808, 0.832),
        ),
        "外卖评论情感": task(0.885, 0.012, 0.003, verdict="no worse", language="zh"),
        "broken": TaskReport("binary", "auroc", status="failed", reason="no test row has a label"),
    }  # fmt: skip
    names = [name for name, one in found.items() if one.part == "joint"]
    intent = found["intent"]
    found["intent"] = TaskReport(
        **{
            **vars(intent),
            "classes": classes(7),
            "control_metrics": {"accuracy": 0.98, "macro_f1": 0.95},
            "decisions": DecisionReport(1.3, {}, 0.6, 0.05, 0.97, 0.004),
            "unseen": {"new_label": 2},
            "truncated": 3,
            "inputs": ("tokens",),
            "why": "7 different texts in 13,084 rows",
            "worst": (
                Mistake("play something by björk", "PlayMusic", "SearchCreativeWork", 0.98, row=41),
                Mistake("", "normal", "abnormal", 0.91, PIXEL, 7),
            ),
        }
    )
    rows = [Finding("duplicate", "26 test rows also stand in train; removed there", "snips", 26)]
    rows.append(Finding("rare_class", "label 'mixed' has 49 rows", "poem_sentiment", 49, "info"))
    return with_sentences(
        Report(
            seed=0,
            budget_seconds=1800.0,
            tasks=found,
            source="tasks.yaml",
            joint=(Joint("snips", ("intent", "slots"), 700, 0.91, 0.888, 0.931, 0.902),),
            model=model({"joint": names, "own": [LONG]}),
            controls=model({name: [name] for name in (*names, LONG)}),
            candidates=candidates(names),
            curves=curves(names),
            findings=tuple(rows),
            plan=PlanReport(
                PLAN,
                (
                    PlanLine(4, "nine tasks on six tables"),
                    *(PlanLine(8, f"{name} 85.0") for name in names),
                    PlanLine(11, "dev 90.0 on average"),
                    PlanLine(12, "one task loses"),
                ),
            ),
            said=("poem_sentiment loses by sharing and is kept apart",),
            warnings=("sst_binary was still improving in its last epoch",),
            versions={"torch": "2.13.0", "polytask": "0.1.0"},
            settings={"threads": "2", "dtype": "bfloat16"},
            command="polytask run tasks.yaml --budget 30m --seed 0 --out run",
            timing=Timing(
                1712.0,
                {"joint": 640.0, "probe-intent": 3.2},
                {"4": 1.1, "8": 31.0, "11": 640.0},
                Latency(3.1, 21.5),
                started="2026-11-23T12:00:00+00:00",
            ),
        )
    )


@pytest.fixture
def nine():
    return many()


@pytest.fixture
def single():
    """One task and nothing beside it."""
    one = task(0.987, 0.008, verdict="apart", control=Control("Probe()", 0.987, 0.979, 0.995))
    return with_sentences(Report(0, 300.0, {"intent": one}, model=model({"joint": ["intent"]})))


@pytest.fixture
def medical():
    """Three image tasks over folds grouped by patient."""
    found = {
        "ct": task(0.95, 0.03, 0.012, verdict="no worse", kind="binary"),
        "mri": task(
            0.81, 0.09, 0.03, verdict="not decidable", kind="binary", folds=5, group="patient",
            groups=43, n_test=613, rows_needed=812,
        ),
        "plane": task(0.98, 0.015, 0.002, verdict="no worse", worst=(
            Mistake("", "axial", "sagittal", 0.8, PIXEL, 3),
        )),
    }  # fmt: skip
    return with_sentences(
        Report(
            0,
            600.0,
            found,
            model=model({"joint": list(found)}, 14_000_000),
            controls=model({name: [name] for name in found}, 14_000_000),
        )
    )
