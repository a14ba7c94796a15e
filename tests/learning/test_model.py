from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch

from polytask._errors import ConfigError, ModelError, OutputError
from polytask.evaluation.prediction import Decisions
from polytask.learning.model import Model
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.tasks.task import Inputs

DECISIONS = {"intent": Decisions(temperature=2.0, sure_from=0.9999)}


def neural(world, tiny, *names: str) -> NeuralPart:
    torch.manual_seed(0)
    return NeuralPart(tiny, {name: head_for(world.tasks[name], tiny.dim) for name in names})


@pytest.fixture(scope="module")
def linear(world):
    return TfidfLinear().fit(*world.pick("intent", "slots", "about"), Context())


@pytest.fixture
def model(world, tiny, linear) -> Model:
    parts = {"linear": linear, "neural": neural(world, tiny, "score", "slots")}
    routing = {"intent": "linear", "about": "linear", "slots": "neural", "score": "neural"}
    return Model(parts, routing, DECISIONS)


@pytest.fixture
def inputs(world) -> Inputs:
    return world.fold.dev["talk"].inputs


def same(first, second) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_each_part_runs_once_and_answers_what_is_routed_to_it(model, inputs, monkeypatch) -> None:
    calls = []
    for name, part in model.parts.items():
        scores = part.scores
        monkeypatch.setattr(
            part,
            "scores",
            lambda i, t, name=name, scores=scores: calls.append((name, t)) or scores(i, t),
        )
    found = model.predict(inputs)
    assert list(found) == ["intent", "slots", "score"]  # "about" reads another column
    assert calls == [("linear", ["intent"]), ("neural", ["slots", "score"])]
    assert len(found["intent"].labels) == 30
    assert not found["intent"].sure.any()  # the decisions are applied


def test_tasks_on_other_columns_are_answered_when_their_columns_are_there(model, inputs) -> None:
    texts = [" ".join(tokens) for tokens in inputs.values["tokens"]]
    both = Inputs(inputs.columns, {**inputs.values, "text": texts})
    assert set(model.scores(both)) == {"intent", "about", "slots", "score"}


def test_plain_rows_get_plain_answers(model, inputs) -> None:
    rows = [{name: values[i] for name, values in inputs.values.items()} for i in range(len(inputs))]
    given = model.predict(inputs)
    found = model.answer(rows)
    assert [row.keys() for row in found] == [given.keys()] * len(rows)
    for name, prediction in given.items():
        assert [row[name] for row in found] == list(prediction.labels)
    assert model.answer([]) == []
    with pytest.raises(ConfigError, match="Row 1 lacks the column"):
        model.answer([rows[0], {}])
    with pytest.raises(ConfigError, match="no task 'intend': did you mean 'intent'"):
        model.answer(rows, ["intend"])


def test_a_frame_one_row_and_tokens_as_text_are_answered(model) -> None:
    rows = [{"tokens": ["play", "music"]}, {"tokens": ["book", "a", "table"]}]
    found = model.answer(rows)
    assert model.answer(pl.DataFrame(rows)) == found
    alone = model.answer(rows[0])[0]
    assert alone == {**found[0], "score": pytest.approx(found[0]["score"], rel=1e-5)}
    assert model.answer([{"tokens": "play music"}, {"tokens": "book  a table"}]) == found
    assert len(found[1]["slots"]) == 3


def test_rows_without_a_usable_input_have_no_answer(model) -> None:
    nothing = {"intent": None, "slots": None, "score": None}
    found = model.answer([{"tokens": None}, {"tokens": ["play"]}, {"tokens": []}])
    assert found[0] == found[2] == nothing
    assert None not in found[1].values()
    assert model.answer([{"tokens": None}]) == [nothing]
    assert model.answer([{"text": " "}]) == [{"about": None}]


def test_unknown_tasks_and_columns_are_refused(model, inputs) -> None:
    with pytest.raises(ConfigError, match="no task 'intend': did you mean 'intent'"):
        model.predict(inputs, ["intend"])
    with pytest.raises(ConfigError, match="'about' needs the column 'text'; found tokens"):
        model.predict(inputs, ["about"])
    with pytest.raises(ConfigError, match=r"No task fits these columns \(x\).*reads text, tokens"):
        model.predict(Inputs(inputs.columns, {"x": []}))


def test_a_routing_that_does_not_fit_is_refused(world, linear) -> None:
    with pytest.raises(ConfigError, match="routed to 'b', which is no part"):
        Model({"a": linear}, {"intent": "b"})
    with pytest.raises(ConfigError, match="'a' does not answer 'score'"):
        Model({"a": linear}, {"score": "a"})
    with pytest.raises(ConfigError, match="name different tasks"):
        Model({"a": linear}, {"intent": "a"}, tasks={"slots": world.tasks["slots"]})


def test_a_saved_model_answers_the_same_to_the_last_bit(model, inputs, tmp_path) -> None:
    model.save(tmp_path / "model")
    again = Model.load(tmp_path / "model")
    assert again.tasks == model.tasks
    assert again.decisions == DECISIONS
    assert again.summary() == model.summary()
    first, second = model.scores(inputs), again.scores(inputs)
    assert all(same(first[name], second[name]) for name in first)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_saving_is_whole_or_not_at_all(model, tmp_path, monkeypatch) -> None:
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model.parts["neural"], "save", full)
    with pytest.raises(OSError, match="No space left"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "model").mkdir()
    with pytest.raises(OutputError, match="exists and was not touched"):
        model.save(tmp_path / "model")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 9}, "newer than 1"),
        ({"routing": {"intent": "none"}}, "does not fit its parts"),
        ({"routing": None}, "damaged or foreign"),
        ({"decisions": {"intent": {}}}, "damaged or foreign"),
        ({"tasks": 1}, "no mapping"),
        ({"parts": {"linear": "../../etc"}}, "lies outside"),
    ],
)
def test_a_changed_model_file_is_refused(model, tmp_path, change, said) -> None:
    folder = tmp_path / "model"
    model.save(folder)
    content = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(ModelError, match=said):
        Model.load(folder)


def test_a_folder_that_is_no_model_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"model\.json: not found"):
        Model.load(tmp_path)


def test_parts_over_one_encoder_become_one(world, tiny, linear, inputs) -> None:
    first, second = neural(world, tiny, "score", "slots"), neural(world, tiny, "slots", "intent")
    parts = {"a": first, "b": linear, "c": second, "unused": linear}
    routing = {"intent": "c", "score": "a", "slots": "c", "about": "b"}
    model = Model(parts, routing, DECISIONS)
    merged = model.merged()
    assert list(merged.parts) == ["a", "b"]
    assert merged.routing == {"intent": "a", "score": "a", "slots": "a", "about": "b"}
    assert merged.decisions == model.decisions
    before, after = model.scores(inputs), merged.scores(inputs)
    assert all(same(before[name], after[name]) for name in before)
    assert merged.parameters < model.parameters / 1.8
    assert list(first.heads) == ["score", "slots"]  # left as they were


def test_other_weights_stay_apart(world, tiny) -> None:
    import copy

    other = copy.deepcopy(tiny)
    next(other.parameters()).data.add_(1.0)
    parts = {"a": neural(world, tiny, "score"), "b": neural(world, other, "intent")}
    assert len(Model(parts, {"score": "a", "intent": "b"}).merged().parts) == 2


def test_size_and_latency_are_stated(model, inputs) -> None:
    found = model.summary()
    assert found["parameters"] == sum(part.parameters for part in model.parts.values())
    assert found["bytes"] == sum(part["bytes"] for part in found["parts"].values())
    assert found["parts"]["neural"]["tasks"] == ["slots", "score"]
    assert 0 < model.latency(inputs, ["intent"]) < 1000
    assert 0 < model.latency(inputs.take(range(3)), batch=32) < 1000
    assert np.isnan(model.latency(inputs.take([])))
