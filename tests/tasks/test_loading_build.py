"""Task sets from wishes: what is shared, what is left out, what is refused."""

import numpy as np
import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.entry import Entry
from polytask.tasks.loading_build import build
from polytask.tasks.loading_sources import memory_sources
from polytask.tasks.loading_tables import Wish

ROWS = [
    {"t": f"word {i}", "u": f"other {i}", "y": "ab"[i % 2], "z": None if i > 2 else "ab"[i % 2]}
    for i in range(40)
]


def wishes(*entries, stated=True):
    (source,) = memory_sources(pl.DataFrame(ROWS))
    return [Wish(entry, source, stated=stated) for entry in entries]


def test_the_same_inputs_share_a_table_and_others_do_not():
    one, two, three = (
        Entry("one", inputs=("t",), target="y"),
        Entry("two", inputs=("t",), target="y", map={"a": "c"}),
        Entry("three", inputs=("u",), target="y"),
    )
    taskset = build(wishes(one, two, three), "memory", 0)
    assert list(taskset) == ["one", "two", "three"]
    assert taskset["one"].table == taskset["two"].table == "data"
    assert taskset["three"].table == "data_u"
    assert taskset["two"].labels == ("b", "c")


def test_a_row_is_split_alike_for_tasks_with_other_inputs():
    rows = [{**row, "t": f"word {i // 2}"} for i, row in enumerate(ROWS * 3)]
    rows = [{**row, "u": f"other {i}"} for i, row in enumerate(rows)]
    (source,) = memory_sources(pl.DataFrame(rows))
    inputs = {"first": ("t",), "second": ("u",), "both": ("t", "u")}
    entries = [Entry(name, inputs=of, target="y") for name, of in inputs.items()]
    taskset = build([Wish(entry, source) for entry in entries], "memory", 0)
    tables = [taskset.tables[taskset[name].table] for name in inputs]
    assert len({table.name for table in tables}) == 3
    for first, second, both in zip(*(table.splits for table in tables), strict=True):
        assert (first == second).all()
        assert (first == both).all()
        assert (second[::2] == second[1::2]).all()  # equal for the first task: together for all
    assert not [finding for finding in taskset.findings if "leak" in finding.code]


def test_too_few_labels_are_refused_or_left_out():
    few = Entry("z", inputs=("t",), target="z")
    with pytest.raises(DataError, match=r"Task 'z' \(data\): it has 3 labelled rows"):
        build(wishes(few), "memory", 0)
    enough = Entry("y", inputs=("t",), target="y")
    taskset = build(wishes(enough, few, stated=False), "memory", 0)
    assert list(taskset) == ["y"]
    assert any(f.code == "left_out" and "'z'" in f.message for f in taskset.findings)
    with pytest.raises(DataError, match=r"^No task is left to learn in data: The column 'z'"):
        build(wishes(few, stated=False), "memory", 0)


def test_a_fixed_split_gives_way_to_every_fold_of_another_also_in_the_end():
    parts = ["train"] * 60 + ["dev"] * 15 + ["test"] * 15
    rows = [{"t": f"word {i}", "y": "ab"[i % 2], "part": part} for i, part in enumerate(parts)]
    frames = {"large": pl.DataFrame(rows), "small": pl.DataFrame(rows[20:40]).drop("part")}
    one, two = memory_sources(frames)
    entries = (
        Entry("one", inputs=("t",), target="y", split="part"),
        Entry("two", inputs=("t",), target="y"),
    )
    tables = build([Wish(entries[0], one), Wish(entries[1], two)], "memory", 0).tables
    fixed, folded = tables["large"], tables["small"]
    assert (fixed.folds, folded.folds) == (1, 5)
    assert (fixed.final == fixed.splits[0]).all()
    assert np.flatnonzero(fixed.final == "").tolist() == list(range(20, 40))
    assert set(folded.final.tolist()) == {"train", "dev"}


def test_given_splits_that_tear_groups_are_mended_and_told():
    parts = ["train", "train", "train", "dev", "test"]
    data = [
        {"t": f"word {i}", "y": "ab"[i % 2], "who": f"p{i // 4}", "part": parts[i // 4 % 5]}
        for i in range(200)
    ]
    data[0]["part"], data[4]["part"], data[12]["part"] = "test", "dev", "test"
    (source,) = memory_sources(pl.DataFrame(data))
    entry = Entry("y", inputs=("t",), target="y", split="part", group="who")
    taskset = build([Wish(entry, source)], "memory", 0)
    final = taskset.tables["data"].final
    for start in range(0, 200, 4):
        assert len(set(final[start : start + 4].tolist()) - {""}) == 1
    leaks = [f.message for f in taskset.findings if f.code == "leak"]
    told = "rows have a 'who' that stands among its own"
    assert leaks == [
        f"data: 3 of the dev {told} test rows too and were taken out of dev",
        f"data: 3 of the train {told} test rows too and were taken out of train",
        f"data: 3 of the train {told} dev rows too and were taken out of train",
    ]


def test_the_metric_is_the_users_or_the_kinds():
    entries = [
        Entry("one", inputs=("t",), target="y", metric="auroc"),
        Entry("two", inputs=("t",), target="y"),
    ]
    taskset = build(wishes(*entries), "memory", 0)
    assert (taskset["one"].metric, taskset["two"].metric) == ("auroc", "accuracy")
