from __future__ import annotations

import os
from dataclasses import replace

import polars as pl
import pytest

from polytask.tasks import load
from polytask.tasks.task import Column
from polytask.workflow.keys import (
    digest,
    table_digest,
    task_digest,
    train_key,
    training_seed,
    versions,
)
from polytask.workflow.settings import Settings

ROWS = [{"text": f"{w} day {i}", "label": w, "x": w} for i in range(30) for w in ("good", "bad")]


@pytest.fixture(scope="module")
def taskset():
    return load({"train": ROWS[:40], "test": ROWS[40:]}, targets=["label", "x"])


def key(taskset, names=("label",), recipe="TfidfLinear()", version=1, **settings):
    plain = Settings(threads=1, **settings).plain()
    return train_key(taskset, names, recipe, version, plain)


def test_parts_trained_by_another_version_are_trained_again(taskset, monkeypatch):
    before = key(taskset)
    monkeypatch.setattr("polytask.workflow.keys.TRAIN_VERSION", 1)
    assert key(taskset) != before


def test_equal_trainings_have_equal_keys(taskset):
    again = load({"train": ROWS[:40], "test": ROWS[40:]}, targets=["label", "x"])
    assert key(taskset) == key(again)
    assert len(key(taskset)) == 32
    assert key(taskset, margin=0.1) == key(taskset)  # decides nothing about training


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"dtype": "float32"},
        {"encoder": "e5"},
        {"recipe": "TfidfLinear(words=2)"},
        {"version": 2},
        {"names": ("x",)},
        {"names": ("label", "x")},
    ],
    ids=str,
)
def test_whatever_a_result_depends_on_changes_the_key(taskset, other):
    assert key(taskset, **other) != key(taskset)


def test_a_loss_of_its_own_changes_the_key_of_a_task(taskset):
    other = replace(taskset, tasks={"x": replace(taskset["x"], loss="Focal()")})
    assert task_digest(other, "x") != task_digest(taskset, "x")


def test_threads_and_library_versions_are_in_the_key(taskset, monkeypatch):
    one, two = (Settings(threads=n).plain() for n in (1, 2))
    keys = [train_key(taskset, ["label"], "Probe()", 1, s) for s in (one, two)]
    monkeypatch.setattr("polytask.workflow.keys.versions", lambda: {"torch": "0.1"})
    keys.append(train_key(taskset, ["label"], "Probe()", 1, one))
    assert len(set(keys)) == 3
    assert {"torch", "numpy", "scikit-learn", "transformers"} <= versions().keys()


def test_a_table_is_known_by_rows_splits_and_labels(taskset):
    table = taskset.tables[taskset["label"].table]
    swapped = replace(table, splits=(table.splits[0][::-1].copy(),))
    other = replace(table, frame=table.frame.with_columns(pl.col("text").str.to_uppercase()))
    found = [table_digest(t, ["label"]) for t in (table, swapped, other)]
    assert len(set(found)) == 3
    assert table_digest(table, ["x"]) != found[0]


def test_an_image_is_known_by_its_content_not_by_its_path(taskset, tmp_path):
    table = taskset.tables[taskset["label"].table]

    def found(path):
        frame = table.frame.with_columns(pl.lit(str(path)).alias("text"))
        return table_digest(replace(table, columns=(Column("text", "image"),), frame=frame), [])

    first, second = tmp_path / "a.png", tmp_path / "b.png"
    first.write_bytes(b"one")
    second.write_bytes(b"one")
    before = found(first)
    assert found(second) == before
    first.write_bytes(b"two")
    os.utime(first, ns=(1, 1))
    assert found(first) != before
    assert found(tmp_path / "gone.png") not in (before, found(first))


def test_the_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})


def test_a_repeat_has_another_seed_in_every_run_and_zero_the_seed_of_the_run():
    assert [training_seed(seed, 0) for seed in (0, 5)] == [0, 5]
    found = [training_seed(seed, repeat) for seed in range(20) for repeat in (1, 2, 3)]
    assert len(set(found)) == len(found)
    assert all(20 <= seed < 2**32 for seed in found)
    assert training_seed(0, 1) == training_seed(0, 1)
