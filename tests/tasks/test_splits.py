"""Splits: official ones kept, dev cut from train, folds, strata, groups, determinism."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from polytask._errors import DataError
from polytask.tasks.splits import Known, Units, assign, strata
from polytask.tasks.splits_units import join


def units(rows: int, *, classes: int = 3, groups: int = 0, seed: int = 0) -> Units:
    named = [f"g{i % groups}" for i in range(rows)] if groups else ()
    return Units(
        [f"k{i}" for i in range(rows)], [str(i % classes) for i in range(rows)], named, seed
    )


def split(given: list[str] | None, rows: Units, **options: int):
    size = len(rows.keys)
    official = np.array(given or [""] * size, dtype=object)
    return assign(official, np.ones(size, dtype=bool), rows, known=Known(), **options)


def test_large_file_is_cut_70_10_20_by_strata():
    found = split(None, units(3000))
    assert len(found.splits) == 1
    assert "20% of the rows cut for test" in found.note
    counts = Counter(found.final.tolist())
    assert counts == {"train": 2100, "dev": 300, "test": 600}
    for label in range(3):
        part = found.final[label::3]
        assert Counter(part.tolist()) == {"train": 700, "dev": 100, "test": 200}


def test_small_file_gets_five_folds_where_every_row_is_judged_and_chosen_on_once():
    found = split(None, units(203))
    assert len(found.splits) == 5
    stacked = np.stack(found.splits)
    assert ((stacked == "test").sum(axis=0) == 1).all()
    assert ((stacked == "dev").sum(axis=0) == 1).all()
    assert ((stacked == "train").sum(axis=0) == 3).all()
    for number, fold in enumerate(found.splits):
        assert (np.roll(stacked, 1, axis=0)[number][fold == "test"] == "dev").all()
        sizes = Counter(i % 3 for i in np.flatnonzero(fold == "test"))
        assert max(sizes.values()) - min(sizes.values()) <= 1
    assert set(found.final.tolist()) == {"train", "dev"}
    assert ((found.final == "dev") == (found.splits[0] == "test")).all()


def test_official_test_is_kept_and_dev_is_cut_from_train_alone():
    official = ["train"] * 2000 + ["test"] * 500
    found = split(official, units(2500))
    assert (found.final[2000:] == "test").all()
    assert set(found.final[:2000].tolist()) == {"train", "dev"}
    assert int((found.final == "dev").sum()) == 200


def test_cut_dev_has_at_most_a_thousand_rows():
    found = split(["train"] * 30_000 + ["test"] * 10, units(30_010))
    assert 990 <= int((found.final == "dev").sum()) <= 1010


def test_official_dev_without_test_keeps_dev():
    found = split(["train"] * 2000 + ["dev"] * 200, units(2200))
    assert (found.final[2000:] == "dev").all()
    assert int((found.final == "test").sum()) == 400
    assert "20% of train cut for test" in found.note


def test_a_dev_many_times_as_large_as_train_leaves_rows_to_learn_from():
    found = split(["train"] * 300 + ["dev"] * 3000, units(3300))
    assert Counter(found.final[:300].tolist()) == {"train": 240, "test": 60}


def test_unlabelled_test_is_no_test():
    labelled = np.array([True] * 1500 + [False] * 300)
    official = np.array(["train"] * 1500 + ["test"] * 300, dtype=object)
    found = assign(official, labelled, units(1800), known=Known())
    assert (found.final[1500:] == "").all()
    assert (found.final[:1500] == "test").any()


def test_unlabelled_rows_can_only_be_learned_from():
    labelled = np.array([i % 2 == 0 for i in range(400)])
    found = assign(np.full(400, "", dtype=object), labelled, units(400), known=Known())
    assert all((fold[1::2] == "train").all() for fold in found.splits)


@pytest.mark.parametrize("rows", [600, 3000])
def test_order_of_the_rows_changes_nothing(rows):
    made = units(rows)
    order = np.random.default_rng(1).permutation(rows)
    mixed = Units([made.keys[i] for i in order], [made.strata[i] for i in order])
    straight, shuffled = split(None, made), split(None, mixed)
    for a, b in zip(straight.splits, shuffled.splits, strict=True):
        assert (a[order] == b).all()


def test_seed_changes_the_split_and_the_same_seed_does_not():
    first, again, other = (split(None, units(2000, seed=s)).final for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(("rows", "folds"), [(400, 0), (400, 3), (3000, 0)])
def test_groups_are_never_torn(rows, folds):
    made = units(rows, groups=43)
    found = split(None, made, folds=folds)
    for fold in (*found.splits, found.final):
        for group in set(made.groups):
            where = {fold[i] for i, name in enumerate(made.groups) if name == group}
            assert len(where) == 1


def test_fewer_groups_than_five_make_as_many_folds():
    assert len(split(None, units(400, groups=3)).splits) == 3
    with pytest.raises(DataError, match=r"three folds need as many groups .* found 2: .*`group`"):
        split(None, units(400, groups=2))


def test_more_folds_than_inputs_are_refused():
    with pytest.raises(DataError, match=r"30 folds need as many different inputs .* found 20: "):
        split(None, units(20), folds=30)
    assert len(split(None, units(20), folds=20).splits) == 20


def test_official_splits_give_up_the_rows_that_tear_a_group():
    official = ["test", "test", "dev", "train", "dev", "train", "train", "test", "train"]
    named = ["a", "c", "a", "a", "b", "b", "c", "", ""]
    official += ["train"] * 3
    named += ["d", "e", "e"]
    made = Units([f"k{i}" for i in range(12)], ["x"] * 12, named)
    found = split(official, made)
    assert found.final.tolist() == [
        *("test", "test", "", "", "dev", "", "", "test", "train"),
        *("train", "train", "train"),
    ]
    assert found.torn == {
        ("dev", "test"): (2,),
        ("train", "test"): (3, 6),
        ("train", "dev"): (5,),
    }


def test_dev_is_cut_from_groups_that_test_leaves():
    made = units(2000, groups=50)
    official = ["test" if i % 50 < 5 else "train" for i in range(2000)]
    official[:5] = ["train"] * 5
    found = split(official, made)
    assert found.torn == {("train", "test"): tuple(range(5))}
    for group in set(made.groups):
        where = {found.final[i] for i, name in enumerate(made.groups) if name == group}
        assert len(where - {""}) == 1


def test_grouped_cut_is_near_its_shares():
    found = split(None, units(5000, groups=100))
    counts = Counter(found.final.tolist())
    assert 900 <= counts["test"] <= 1100
    assert 400 <= counts["dev"] <= 600


def test_equal_inputs_fall_together_also_across_tables():
    known = Known()
    a, b = units(1500), units(3000)
    official = np.array(["train"] * 1000 + ["test"] * 500, dtype=object)
    first = assign(official, np.ones(1500, dtype=bool), a, known=known)
    second = assign(np.full(3000, "", dtype=object), np.ones(3000, dtype=bool), b, known=known)
    assert (second.final[1000:1500] == "test").all()
    assert (second.final[:1000] == first.final[:1000]).all()


def test_equal_inputs_share_a_fold_across_small_tables():
    known = Known()
    keys = [f"k{i}" for i in range(200)]
    one = Units(keys, ["a"] * 200)
    two = Units(keys[100:] + [f"z{i}" for i in range(90)], ["b", "c"] * 95)
    labelled = np.ones(200, dtype=bool)
    first = assign(np.full(200, "", dtype=object), labelled, one, known=known)
    second = assign(np.full(190, "", dtype=object), labelled[:190], two, known=known)
    for fold, other in zip(first.splits, second.splits, strict=True):
        assert (fold[100:] == other[:100]).all()


def test_a_class_with_one_row_stays_in_train():
    made = Units([f"k{i}" for i in range(1201)], ["a"] * 1200 + ["rare"])
    assert split(None, made).final[1200] == "train"


@settings(max_examples=25, deadline=None)
@given(
    keys=st.lists(st.integers(0, 60), min_size=20, max_size=120),
    folds=st.integers(3, 6),
    groups=st.integers(0, 9),
)
def test_folds_hold_for_any_rows(keys, folds, groups):
    named = [f"g{k % groups}" for k in keys] if groups else ()
    made = Units([f"k{k}" for k in keys], [str(k % 4) for k in keys], named)
    assume(len(set(join(made.keys, made.groups))) >= folds)
    stacked = np.stack(split(None, made, folds=folds).splits)
    assert ((stacked == "test").sum(axis=0) == 1).all()
    for key in set(made.keys):
        same = stacked[:, [i for i, name in enumerate(made.keys) if name == key]]
        assert (same == same[:, :1]).all()


def test_strata_refine_by_further_tasks_while_classes_stay_large():
    found = strata([("binary", ["a", "b"] * 50), ("multiclass", ["x", "x", "y", "y"] * 25)])
    assert len(set(found)) == 4
    fine = strata([("binary", ["a", "b"] * 10), ("multiclass", [str(i) for i in range(20)])])
    assert set(fine) == {"a", "b"}


def test_strata_of_numbers_are_fifths_and_of_sets_the_rarest_label():
    numbers = strata([("regression", [float(i) for i in range(100)])])
    assert Counter(numbers) == {str(i): 20 for i in range(5)}
    assert strata([("multilabel", [["a", "b"], ["a"], [], None])]) == ["b", "a", "", ""]
    assert strata([]) == []
