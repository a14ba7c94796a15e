"""Rows that came later are learned from, and nothing else moves for them."""

import json

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.tasks import read_task_file, write_task_file
from polytask.tasks.loading import load
from polytask.tasks.splits import Known, Units
from polytask.tasks.splits_more import MORE, assign_all

TASK = "tasks:\n  情感: {{data: {data}, input: 句子, target: 标签, {rest}}}\n"


def row(number, **more):
    return {"句子": f"第 {number} 行", "标签": "好" if number % 3 else "坏", **more}


def written(path, rows):
    path.write_text("\n".join(json.dumps(one) for one in rows) + "\n", encoding="utf-8")


def task_file(folder, name, **said):
    path = folder / name
    path.write_text(TASK.format(**said), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("count", "rest"),
    [
        (1200, "kind: binary"),
        (90, "kind: binary"),
        (90, "split: {folds: 3, group: 人}"),
        (90, "split: {column: part}"),
    ],
)
def test_old_rows_stand_where_they_stood_and_new_ones_train(tmp_path, count, rest):
    parts = ("train", "train", "dev", "test")
    facts = [{"人": str(i % 30), "part": parts[i % 4]} for i in range(count)]
    written(tmp_path / "old.jsonl", [row(i, **facts[i]) for i in range(count)])
    # The first five are old rows, which may be test rows; the group of row 0 comes again.
    numbers = (*range(5), *range(count, count + 20))
    fresh = [row(i, 人="0" if i == count else "new") for i in numbers]
    written(tmp_path / "later.jsonl", fresh)
    before = load(task_file(tmp_path, "a.yaml", data="old.jsonl", rest=rest))
    after = load(task_file(tmp_path, "b.yaml", data="old.jsonl", rest=f"more: later.jsonl, {rest}"))
    old, new = (next(iter(taskset.tables.values())) for taskset in (before, after))
    assert len(new.frame) == count + 25
    assert old.folds == new.folds
    held = set(old.frame["句子"][:5])
    for was, now in zip((*old.splits, old.final), (*new.splits, new.final), strict=True):
        for part in ("dev", "test"):
            assert np.array_equal(np.flatnonzero(now == part), np.flatnonzero(was == part))
        assert set(now[count + 6 :]) == {"train"}
        judged = set(np.array(old.frame["句子"])[np.isin(was, ("dev", "test"))])
        for place in range(5):
            expected = "" if new.frame["句子"][count + place] in judged else "train"
            assert now[count + place] in (expected, "")
    assert held
    if "group" in rest:
        torn = [now[count + 5] == "" for now in new.splits]
        assert torn == [np.isin(was[0], ("dev", "test")) for was in old.splits]
    write_task_file(after, tmp_path / "c.yaml")
    (entry,) = read_task_file(tmp_path / "c.yaml")
    assert entry.more == (str(tmp_path / "later.jsonl"),)
    assert load(tmp_path / "c.yaml").tables[new.name].frame.equals(new.frame)


def test_later_rows_leave_no_trace_for_the_tables_behind():
    known = Known()
    units = Units([str(i) for i in range(12)], (), (), 0)
    given = np.array(["train", "dev", "test"] * 3 + [MORE] * 3, dtype=object)
    found = assign_all(given, [("binary", list("ab" * 6))], units, folds=0, known=known)
    assert set(known.splits) == {str(i) for i in range(9)}
    assert found.final.tolist()[9:] == ["train"] * 3
    assert found.note == "official splits, 3 rows that came later only learned from"


def test_more_takes_paths(tmp_path):
    with pytest.raises(ConfigError, match="`more` takes a name or a list of names"):
        read_task_file(task_file(tmp_path, "a.yaml", data="a.csv", rest="more: {a: b}"))
