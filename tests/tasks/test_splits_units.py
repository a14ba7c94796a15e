"""Units: rows joined by equal keys and groups."""

from polytask.tasks.splits_units import join


def test_without_groups_equal_keys_make_a_unit():
    assert join(["a", "b", "a"]) == [0, 1, 0]


def test_chains_of_groups_and_keys_are_followed():
    assert join(["a", "b", "b", "c"], ["1", "2", "1", "2"]) == [0, 0, 0, 0]


def test_the_empty_group_says_nothing():
    assert join(["a", "b"], ["", ""]) == [0, 1]
