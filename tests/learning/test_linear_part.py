from __future__ import annotations

import json

import numpy as np
import pytest

from polytask._errors import ModelError
from polytask.learning.linear_part import LinearPart, as_scores, token_column
from polytask.learning.part_files import load_part
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.tasks.task import Column, Inputs

ON_TOKENS = ["intent", "slots", "score"]


@pytest.fixture(scope="module")
def part(world) -> LinearPart:
    return TfidfLinear().fit(*world.pick(*ON_TOKENS), Context())


@pytest.fixture
def saved(part, tmp_path):
    part.save(tmp_path / "part")
    return tmp_path / "part"


def test_scores_have_the_shapes_of_their_kinds(world, part) -> None:
    inputs = world.fold.dev["talk"].inputs
    found = part.scores(inputs, ["slots", "intent", "score"])
    assert list(found) == ["slots", "intent", "score"]
    assert found["intent"].shape == (30, 3)
    assert found["score"].shape == (30,)
    assert [row.shape for row in found["slots"]] == [
        (len(tokens), 2) for tokens in inputs.values["tokens"]
    ]


def test_a_loaded_part_answers_the_same_to_the_last_bit(world, part, saved) -> None:
    again = load_part(saved)
    assert isinstance(again, LinearPart)
    assert again.tasks == part.tasks
    assert again.recipe == "TfidfLinear()"
    assert (again.parameters, again.bytes) == (part.parameters, part.bytes)
    inputs = world.fold.dev["talk"].inputs
    first, second = part.scores(inputs, ON_TOKENS), again.scores(inputs, ON_TOKENS)
    for task in ON_TOKENS:
        assert all(np.array_equal(a, b) for a, b in zip(first[task], second[task], strict=True))


def test_nothing_saved_is_pickled(saved) -> None:
    assert sorted(path.name for path in saved.iterdir()) == [
        "part.json",
        "vocabulary.json",
        "weights.safetensors",
    ]
    disk = sum(path.stat().st_size for path in saved.iterdir())
    assert disk == pytest.approx(load_part(saved).bytes, rel=0.5)


def test_rows_alone_and_together_score_alike(world, part) -> None:
    inputs = world.fold.dev["talk"].inputs
    together = part.scores(inputs, ON_TOKENS)
    alone = part.scores(inputs.take([7]), ON_TOKENS)
    assert np.allclose(alone["intent"][0], together["intent"][7], atol=1e-6)
    assert np.allclose(alone["slots"][0], together["slots"][7], atol=1e-6)


def test_no_rows_give_empty_scores(world, part) -> None:
    found = part.scores(world.fold.dev["talk"].inputs.take([]), ON_TOKENS)
    assert found["intent"].shape == (0, 3)
    assert found["score"].shape == (0,)
    assert found["slots"] == []


def test_only_keeps_what_serves_the_task(world, part) -> None:
    inputs = world.fold.dev["talk"].inputs
    slots = part.only(["slots"])
    assert slots.text is None
    assert list(slots.tasks) == ["slots"]
    assert slots.parameters < part.parameters
    first, second = slots.scores(inputs, ["slots"]), part.scores(inputs, ["slots"])
    assert np.array_equal(np.concatenate(first["slots"]), np.concatenate(second["slots"]))
    assert part.only(["intent"]).tokens is None


@pytest.mark.parametrize("file", ["part.json", "vocabulary.json", "weights.safetensors"])
def test_a_file_cut_short_or_missing_is_refused_by_name(saved, file) -> None:
    path = saved / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelError, match=file):
        load_part(saved)
    path.unlink()
    with pytest.raises(ModelError, match=f"{file}: not found"):
        load_part(saved)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("part.json", {"models": ["intent"]}),
        ("part.json", {"models": ["slots", "intent", "score"]}),
        ("part.json", {"models": 3}),
        ("vocabulary.json", {"text": None}),
        ("vocabulary.json", {"text": {"words": ["a"], "characters": []}}),
        ("vocabulary.json", {"tokens": {"terms": []}}),
    ],
)
def test_files_that_do_not_fit_together_are_refused(saved, file, change) -> None:
    content = json.loads((saved / file).read_text())
    (saved / file).write_text(json.dumps({**content, **change}))
    with pytest.raises(ModelError, match="do not fit together"):
        load_part(saved)


def test_one_column_means_two_classes(world) -> None:
    binary = world.tasks["intent"]
    assert as_scores(binary, np.array([[2.0]])).tolist() == [[-1.0, 1.0]]
    assert as_scores(world.tasks["score"], np.array([[2.0]])).tolist() == [2.0]


def test_a_text_is_split_at_blanks_where_there_is_no_token_list() -> None:
    assert token_column(Inputs((Column("t"),), {"t": ["a b"]})) == [["a", "b"]]
