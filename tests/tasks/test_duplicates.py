"""Equal inputs: keys, conflicts, leaks across splits and tables."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from polytask.tasks.duplicates import conflicts, keys, without_leaks
from polytask.tasks.task import Column

TEXT = [Column("t")]


def test_keys_forget_case_spaces_and_width():
    made = keys(pl.DataFrame({"t": ["A  Cat\t.", "a cat .", "Ａ cat .", "a dog ."]}), TEXT)
    assert made[0] == made[1] == made[2] != made[3]


def test_keys_of_pairs_do_not_run_together():
    pair = [Column("a"), Column("b")]
    made = keys(pl.DataFrame({"a": ["x y", "x"], "b": ["z", "y z"]}), pair)
    assert made[0] != made[1]


def test_images_are_compared_by_their_bytes(tmp_path):
    (tmp_path / "i.png").write_bytes(b"pixels")
    column = [Column("i", "image")]
    by_path = keys(pl.DataFrame({"i": [str(tmp_path / "i.png")]}), column)
    assert by_path == keys(pl.DataFrame({"i": [b"pixels"]}), column)


@given(st.lists(st.text(), min_size=1, max_size=8))
def test_any_text_has_a_key(values):
    clean = [value.encode("utf-8", "ignore").decode() for value in values]
    assert all(len(key) == 32 for key in keys(pl.DataFrame({"t": clean}), TEXT))


def test_conflicts_count_within_a_split_only():
    split = np.array(["train", "train", "dev", "train", ""])
    assert conflicts(["a", "a", "a", "b", "b"], ["x", "y", "z", "x", "y"], split) == [0, 1]
    assert conflicts(["a", "a"], ["x", None], split[:2]) == []
    assert conflicts(["a", "a"], [["O"], ["O"]], split[:2]) == []


def test_leaks_leave_train_and_dev_but_never_test():
    splits = {"t": [np.array(["train", "dev", "test", "train", "dev"])]}
    left, found = without_leaks(splits, {"t": ["a", "a", "a", "b", "b"]})
    assert left["t"][0].tolist() == ["", "", "test", "", "dev"]
    assert splits["t"][0].tolist() == ["train", "dev", "test", "train", "dev"]
    assert {(leak.split, leak.against, leak.rows) for leak in found} == {
        ("train", "test", (0,)),
        ("dev", "test", (1,)),
        ("train", "dev", (3,)),
    }


def test_leaks_are_found_between_tables():
    splits = {"sst": [np.array(["test", "dev"])], "subj": [np.array(["train", "train", "train"])]}
    left, found = without_leaks(splits, {"sst": ["a", "b"], "subj": ["a", "b", "c"]})
    assert left["subj"][0].tolist() == ["", "", "train"]
    assert {(leak.table, leak.against, leak.other) for leak in found} == {
        ("subj", "test", "sst"),
        ("subj", "dev", "sst"),
    }


def test_a_fixed_table_gives_way_to_every_fold_of_another():
    fold = np.array(["test", "dev", "train"])
    splits = {
        "small": [np.roll(fold, shift) for shift in range(3)],
        "large": [np.array(["train"] * 4, dtype="<U5")],
    }
    left, _ = without_leaks(splits, {"small": ["a", "b", "c"], "large": ["a", "b", "c", "d"]})
    assert left["large"][0].tolist() == ["", "", "", "train"]
    assert [s.tolist().count("test") for s in left["small"]] == [1, 1, 1]
