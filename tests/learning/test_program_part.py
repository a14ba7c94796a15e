from __future__ import annotations

import json

import numpy as np
import pytest

from polytask._errors import ConfigError, ModelError
from polytask.evaluation.decisions import fit_decisions
from polytask.learning.model import Model
from polytask.learning.program_part import ProgramPart, rows_of
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.planning.programs import Program, RowBudget
from polytask.tasks.task import Column, Task

TEXT = """from polytask.program import predict

def queue(row):
    slots = predict("slots", row)
    intent = predict("intent", row)
    if intent["label"] == "rating":
        return None
    place = slots["spans"][0]["text"] if slots["spans"] else ""
    if place == "oslo":
        return {"queue": "far", "probability": 0.8}
    return {"queue": "near", "place": place}
"""
TOP = """from polytask.program import predict

def top(row):
    found = predict("queue", row)
    return "yes" if found is not None and found["queue"] == "near" else "no"
"""
COLUMNS = (Column("tokens", tokens=True),)
QUEUE = Task("queue", "talk", COLUMNS, "queue", "binary", "accuracy", ("far", "near"))
TOPMOST = Task("top", "talk", COLUMNS, "top", "binary", "accuracy", ("no", "yes"))


@pytest.fixture(scope="module")
def linear(world):
    return TfidfLinear().fit(*world.pick("intent", "slots", "score"), Context())


@pytest.fixture
def model(linear):
    parts = {
        "linear": linear,
        "queue": ProgramPart(QUEUE, Program("queue", TEXT, ("intent", "slots", "score"))),
        "top": ProgramPart(TOPMOST, Program("top", TOP, ("intent", "slots", "score", "queue"))),
    }
    routing = dict.fromkeys(("intent", "slots", "score"), "linear")
    return Model(parts, {**routing, "queue": "queue", "top": "top"})


def test_a_program_answers_like_any_part_and_asks_the_others(model, world, monkeypatch):
    inputs = world.fold.dev["talk"].inputs
    passes = []
    linear = model.parts["linear"]
    answer = linear.scores
    monkeypatch.setattr(
        linear,
        "scores",
        lambda given, names: passes.append((len(given), names)) or answer(given, names),
    )
    found = model.predict(inputs, ["queue"])["queue"]
    assert passes == [(30, ["slots", "intent"])]  # one pass for both tasks of all rows
    monkeypatch.undo()
    apart = model.predict(inputs, ["intent", "slots"])
    for number, words in enumerate(inputs.values["tokens"]):
        if apart["intent"].labels[number] == "rating":
            assert found.labels[number] == ""
            assert not found.sure[number]
        else:
            assert found.labels[number] == ("far" if words[-1] == "oslo" else "near")
            assert found.confidence[number] == pytest.approx(0.8 if words[-1] == "oslo" else 0.99)
    assert "" in found.labels


def test_a_program_calls_a_program_above_it(model, world):
    inputs = world.fold.dev["talk"].inputs
    queue, top = model.predict(inputs, ["queue", "top"]).values()
    assert list(top.labels) == ["yes" if label == "near" else "no" for label in queue.labels]


def test_an_answer_without_one_is_never_sure_and_calibrates_nothing(model, world):
    inputs = world.fold.dev["talk"].inputs
    scores = model.scores(inputs, ["queue"])["queue"]
    truth = ["far" if words[-1] == "oslo" else "near" for words in inputs.values["tokens"]]
    fitted = fit_decisions(QUEUE, scores, truth, error_rate=0.4)
    assert fitted.sure_from == 0.0  # all that were answered are right
    gaps = np.isnan(scores).any(axis=1)
    assert gaps.any()
    alone = [label for label, gap in zip(truth, gaps, strict=True) if not gap]
    assert fitted == fit_decisions(QUEUE, scores[~gaps], alone, error_rate=0.4)


@pytest.mark.slow
def test_a_saved_program_is_text_and_answers_the_same(model, world, tmp_path):
    inputs = world.fold.dev["talk"].inputs
    model.save(tmp_path / "model")
    again = Model.load(tmp_path / "model")
    assert (tmp_path / "model/parts/1/program.py").read_text() == TEXT
    assert list(again.predict(inputs, ["top"])["top"].labels) == list(
        model.predict(inputs, ["top"])["top"].labels
    )
    assert again.parts["queue"].parameters == 0
    assert again.parts["queue"].bytes == len(TEXT)
    assert again.parts["queue"].recipe == "Program(file='program.py')"
    assert again.merged().parts["queue"].model is not None


def test_damaged_files_are_refused(model, tmp_path):
    model.parts["queue"].save(tmp_path / "part")
    path = tmp_path / "part/part.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "budget": {"second": 1}}))
    with pytest.raises(ModelError, match="do not fit together"):
        ProgramPart.load(tmp_path / "part")
    path.write_text(json.dumps(content))
    (tmp_path / "part/program.py").unlink()
    with pytest.raises(ModelError, match="do not fit together"):
        ProgramPart.load(tmp_path / "part")


def test_a_model_that_lacks_a_called_task_is_refused(linear):
    part = ProgramPart(QUEUE, Program("queue", TEXT, ("intent", "slots")))
    with pytest.raises(ConfigError, match="calls 'slots', which this model does not answer"):
        Model({"linear": linear, "queue": part}, {"intent": "linear", "queue": "queue"})
    with pytest.raises(ConfigError, match="stands in no model"):
        part.answers([{"tokens": ["play"]}])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return 'neer'", "did you mean 'near'"),
        ("return {'other': 1}", "lacks 'queue'"),
        ("while True: pass", "seconds of computing"),
        ("return predict('intent', 3)['label']", "holds neither lists nor text"),
    ],
)
def test_what_is_no_answer_counts_as_none_and_says_why(linear, world, body, reason):
    text = f"from polytask.program import predict\ndef queue(row):\n    {body}\n"
    program = Program("queue", text, ("intent",))
    part = ProgramPart(QUEUE, program, RowBudget(seconds=0.2))
    routing = {"intent": "linear", "queue": "queue"}
    model = Model({"linear": linear.only(["intent"]), "queue": part}, routing)
    inputs = world.fold.dev["talk"].inputs.take([0, 1])
    bound = model.parts["queue"]
    (first, _) = bound.answers(rows_of(inputs))
    assert first.value is None
    assert np.isnan(bound.scores(inputs, ["queue"])["queue"]).all()
    assert reason in first.reason


def test_a_trace_tells_each_step(model, world):
    rows = rows_of(world.fold.dev["talk"].inputs.take([0]))
    (found,) = model.parts["queue"].answers(rows, trace=True)
    assert [step.task for step in found.steps] == ["slots", "intent"]
    intent = found.steps[1].answer
    assert set(intent) == {"label", "probability", "sure", "probabilities"}
    assert intent["probabilities"].keys() == {"music", "table", "rating"}
