"""What every proposer keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from polytask._catalogue import parse
from polytask.learning.probing import Labelled
from polytask.learning.proposing import PROPOSERS
from polytask.learning.proposing.known import Known
from polytask.learning.proposing.proposer import promise
from polytask.tasks.task import Column, Task

EVERY = list(PROPOSERS)
KINDS = {
    "a": ("binary", ("no", "yes")),
    "b": ("multiclass", ("x", "y", "z")),
    "c": ("regression", ()),
    "d": ("multilabel", ("p", "q")),
    "e": ("ordinal", ("1", "2", "3")),
    "f": ("tagging", ("O", "B-x")),
}


def built(name: str) -> Any:
    return PROPOSERS.build(parse(name))


def task(name: str) -> Task:
    kind, labels = KINDS[name]
    metric = "mae" if kind == "regression" else "accuracy"
    return Task(name, name, (Column("text"),), name, kind, metric, labels)  # type: ignore[arg-type]


def truth(name: str, chance: np.random.Generator) -> np.ndarray:
    kind, labels = KINDS[name]
    if kind == "regression":
        return chance.normal(size=40)
    if kind == "multilabel":
        return chance.random((40, len(labels))) < 0.5
    return chance.integers(0, len(labels), 40)


@pytest.fixture
def full() -> Known:
    """All there can be to go by, of every kind of task."""
    chance = np.random.default_rng(0)
    tables = [
        {one: {two: float(chance.normal()) for two in KINDS if two != one} for one in KINDS}
        for _ in range(3)
    ]
    curves = {(one,): [{one: 0.5}, {one: 0.6}, {one: 0.65}] for one in KINDS}
    curves |= {
        tuple(sorted(pair)): [dict.fromkeys(pair, value) for value in (0.4, 0.6, 0.7)]
        for pair in permutations(KINDS, 2)
    }
    return Known(
        {name: task(name) for name in KINDS},
        rows={name: 50 * number for number, name in enumerate(KINDS, start=1)},
        languages=dict.fromkeys(KINDS, "en"),
        samples={
            name: Labelled(chance.normal(size=(40, 8)).astype(np.float32), truth(name, chance), [])
            for name in KINDS
        },
        affinity=tables[0],
        norms=dict.fromkeys(KINDS, 1.0),
        cosines=tables[1],
        projected=tables[2],
        curves=curves,
    )


@pytest.mark.parametrize("name", EVERY)
def test_it_speaks_of_pairs_with_a_finite_score_and_a_reason_that_holds_a_figure(
    name: str, full: Known
) -> None:
    spoken = 0
    for one, two in permutations(KINDS, 2):
        gain = built(name).gain(one, [two], full)
        if gain is None:
            continue
        spoken += 1
        assert math.isfinite(gain.score)
        assert any(letter.isdigit() for letter in gain.reason)
        assert one in gain.reason and two in gain.reason
        assert not gain.reason.endswith(".")
    assert spoken >= 20


@pytest.mark.parametrize("name", EVERY)
def test_the_same_is_said_again_and_a_group_is_promised_the_mean_over_its_tasks(
    name: str, full: Known
) -> None:
    one, two = (built(name).gain(*asked, full) for asked in (("a", ["b"]), ("b", ["a"])))
    found = promise(built(name), ["a", "b"], full)
    assert found == promise(built(name), ["a", "b"], full)
    assert found is not None
    assert found.score == pytest.approx((one.score + two.score) / 2)
    assert found.reason in (one.reason, two.reason)


@pytest.mark.parametrize("name", EVERY)
def test_with_nothing_to_go_by_it_is_silent(name: str) -> None:
    bare = Known({"a": task("a"), "b": task("b")})
    assert built(name).gain("a", ["b"], bare) is None
    assert promise(built(name), ["a", "b"], bare) is None


@pytest.mark.parametrize("name", EVERY)
def test_its_text_form_makes_it_again(name: str) -> None:
    assert built(repr(built(name))) == built(name)
