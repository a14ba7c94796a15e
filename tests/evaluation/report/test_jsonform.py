"""The JSON form of dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from polytask._errors import DataError
from polytask.evaluation.report.jsonform import decode, encode


@dataclass(frozen=True)
class Leaf:
    number: float
    name: str = ""


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...] = ()
    named: dict[str, Leaf] = field(default_factory=dict)
    sorted_: dict[str, int] = field(default_factory=dict)
    maybe: Leaf | None = None
    flag: bool = False


TREE = Tree((Leaf(1.0), Leaf(2.5, "x")), {"b": Leaf(0.0), "a": Leaf(1.0)}, {"b": 1, "a": 2})


def test_values_come_back_equal():
    assert decode(encode(TREE, Tree), Tree, place="tree") == TREE


def test_only_named_mappings_keep_their_order():
    found = encode(TREE, Tree, ordered=("named",))
    assert (list(found["named"]), list(found["sorted_"])) == (["b", "a"], ["a", "b"])
    assert list(encode(TREE, Tree)["named"]) == ["a", "b"]


def test_whole_numbers_are_read_as_floats_and_null_as_none():
    found = decode({"leaves": [{"number": 1}, {"number": None}], "maybe": None}, Tree, place="t")
    assert found == Tree((Leaf(1.0), Leaf(None)))
    assert type(found.leaves[0].number) is float


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"flag": 1}, "t.flag: expected bool"),
        ({"leaves": {}}, "t.leaves: expected list"),
        ({"leaves": [{}]}, r"t.leaves\[0\]: the key 'number' is missing"),
        ({"named": {"a": {"number": True}}}, "t.named.a.number: expected float; found True"),
        ({"sorted_": {"a": None}}, "t.sorted_.a: a value is needed"),
        ([], "t: expected dict"),
    ],
)
def test_damage_names_its_place(value, place):
    with pytest.raises(DataError, match=place):
        decode(value, Tree, place="t")


def test_minus_zero_is_zero():
    assert str(encode(-0.0, float)) == "0.0"
