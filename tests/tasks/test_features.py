"""Columns that code makes: the same for training and new rows, and of a row alone."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from polytask._errors import CodeError, ConfigError
from polytask.isolation import ways
from polytask.tasks import load, write_task_file
from polytask.tasks.features import made, remade
from polytask.tasks.loading_inputs import usable
from polytask.tasks.task import Column

if not ways():
    pytest.skip("this machine has no way to shut code in", allow_module_level=True)

FEATURE = """def main(inputs):
    rows = inputs["rows"]
    assert all(set(row) == {"text"} for row in rows)
    return {"features": [{"length": len(row["text"].split())} for row in rows]}
"""
COLUMNS = (Column("text"), Column("length", code=FEATURE))


@pytest.fixture
def job(tmp_path):
    """Writes rows, a file of code and a task file; gives the path of that."""

    def write(code=FEATURE, *, inputs="[text, length]", more="", steps="{feature: feature.py}"):
        rows = [{"text": "so " * (n % 4 + 1) + f"n{n}", "odd": "ab"[n % 2]} for n in range(60)]
        pl.DataFrame(rows).write_csv(tmp_path / "rows.csv")
        (tmp_path / "feature.py").write_text(code)
        path = tmp_path / "tasks.yaml"
        path.write_text(
            f"tasks:\n  odd: {{data: rows.csv, input: {inputs}, target: odd, steps: {steps}{more}}}"
        )
        return path

    return write


def test_inputs_that_the_data_lack_are_made(job):
    taskset = load(job())
    assert taskset["odd"].inputs == COLUMNS
    assert taskset["odd"].brought == (Column("text"),)
    frame = taskset.tables[taskset["odd"].table].frame
    assert all(
        len(text.split()) == int(length)
        for text, length in zip(frame["text"], frame["length"], strict=True)
    )
    (told,) = [one for one in taskset.findings if one.code == "featured"]
    assert told.message == "feature.py made length of rows's other inputs"


def test_a_task_file_with_a_feature_is_read_back(job, tmp_path):
    taskset = load(job())
    write_task_file(taskset, tmp_path / "again.yaml")
    assert "of training rows" not in (tmp_path / "again.yaml").read_text()
    assert load(tmp_path / "again.yaml")["odd"].inputs == taskset["odd"].inputs


def test_new_rows_get_the_same():
    found = usable(pl.DataFrame({"text": ["one two", None, "one"]}), COLUMNS, Path())
    assert found.inputs.values == {"text": ["one two", "one"], "length": ["2", "1"]}
    assert found.index == [0, 2]
    assert found.halved == []


def test_a_row_that_code_fails_on_has_no_answer_and_others_do():
    code = FEATURE.replace("len(row", "1 // len(row['text']) * len(row").replace(
        "return", "[1 // (row['text'] != 'bad') for row in rows]\n    return"
    )
    columns = (Column("text"), Column("length", code=code))
    found = usable(pl.DataFrame({"text": ["fine", "bad"]}), columns, Path())
    assert found.index == [0]
    assert "feature.py" in found.problems[1]
    assert "ZeroDivisionError" in found.problems[1]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (FEATURE.replace('len(row["text"].split())', "len(rows)"), "may depend on that row alone"),
        (FEATURE.replace('"length": ', '"other": '), r"rows\.csv:2\): feature\.py: .*\"length\": "),
        (FEATURE.replace("len(row[", "[1] or len(row["), "is a text, a number or null"),
        ("def main(inputs):\n    return {}\n", r"of one row it returned \{\}"),
        ("def main(inputs):\n    return inputs['rows']\n", "of one row it returned"),
        (FEATURE.replace("rows = ", "open('/etc/hostname'); rows = "), "(?s)Error"),
    ],
)
def test_code_that_makes_something_else_is_an_error_of_the_user(job, code, told):
    with pytest.raises(CodeError, match=told):
        load(job(code))


def test_chance_is_seen(job):
    chance = FEATURE.replace("def main", "import random\ndef main").replace(
        'len(row["text"].split())', "random.random()"
    )
    with pytest.raises(CodeError, match="may depend on that row alone"):
        load(job(chance))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"inputs": "[text]"}, "makes the inputs that the data lack"),
        ({"inputs": "[length]"}, "of which the data have \\[\\]"),
        ({"more": ", program: odd.py"}, "a program makes what it needs itself"),
    ],
)
def test_a_feature_that_makes_nothing_or_of_nothing_is_refused(job, written, told):
    with pytest.raises(ConfigError, match=told):
        load(job(**written))


def test_tags_take_tokens_alone(job, tmp_path):
    path = job(inputs="[words, length]")
    rows = [{"words": ["so", f"n{n}"], "odd": ["O", "B-x"]} for n in range(30)]
    pl.DataFrame(rows).write_ndjson(tmp_path / "rows.jsonl")
    path.write_text(path.read_text().replace("rows.csv", "rows.jsonl"))
    with pytest.raises(ConfigError, match="tags stand on tokens alone"):
        load(path)


VALUES = {
    "None": "",
    "1.5": "1.5",
    "'x'": "x",
    "chr(0xD800) + 'y'": "?y",
    "True": "is a text, a number or null; found True",
    "[1]": "is a text, a number or null; found [1]",
    "float('nan')": "it returned NaN or infinity; null stands for no number",
}


@pytest.mark.parametrize("value", VALUES)
def test_texts_are_texts_numbers_or_null(value):
    code = f"def main(inputs):\n    return {{'features': [{{'length': {value}}}]}}\n"
    (found,) = made((Column("text"), Column("length", code=code)), [{"text": "so"}])
    assert (found["length"] if isinstance(found, dict) else found).endswith(VALUES[value])


def test_what_was_made_can_be_made_again():
    found = usable(pl.DataFrame({"text": ["one two"]}), COLUMNS, Path())
    assert remade(found.inputs) == [{"length": "2"}]
    assert remade(usable(pl.DataFrame({"text": ["a"]}), COLUMNS[:1], Path()).inputs) == [{}]


def test_a_fault_of_the_file_is_told_of_no_row(job):
    for code in (
        "def main(inputs)\n    pass\n",
        "x = 1\n",
        "def main(inputs):\n    return 1 / 0\n",
    ):
        with pytest.raises(CodeError, match=r"^The step `feature`: feature\.py") as found:
            load(job(code))
        assert "rows.csv" not in str(found.value)
    bad = FEATURE.replace(
        "assert all(", "assert not any('n31' in row['text'] for row in rows)\n    all("
    )
    with pytest.raises(CodeError, match=r"^The step `feature` \(.*rows\.csv:33\): feature\.py"):
        load(job(bad))


@pytest.mark.slow
def test_code_over_its_time_is_not_tried_again(job, monkeypatch):
    monkeypatch.setattr("polytask.tasks.features._SECONDS", 2.0)
    began = time.monotonic()
    with pytest.raises(CodeError, match="stopped after 2 seconds"):
        load(
            job("def main(inputs):\n    while inputs['rows']: pass\n    return {'features': []}\n")
        )
    assert time.monotonic() - began < 20


def test_a_feature_does_not_tear_rows_from_those_of_another_task(job):
    path = job()
    again = "same: {data: rows.csv, input: text, target: odd}"
    path.write_text(f"{path.read_text()}\n  {again}\n")
    taskset = load(path)
    tables = [taskset.tables[taskset[name].table] for name in ("odd", "same")]
    assert tables[0].name != tables[1].name
    for splits in zip(*(table.splits for table in tables), strict=True):
        both = zip(tables, splits, strict=True)
        found = [dict(zip(table.frame["text"], split, strict=True)) for table, split in both]
        assert found[0] == found[1]


def test_two_tasks_take_other_columns_of_one_file(job):
    both = FEATURE.replace('"length": ', '"first": row["text"][0], "length": ')
    path = job(both)
    again = (
        "same: {data: rows.csv, input: [text, first], target: odd, steps: {feature: feature.py}}"
    )
    path.write_text(f"{path.read_text()}\n  {again}\n")
    taskset = load(path)
    assert [column.name for column in taskset["same"].inputs] == ["text", "first"]
    assert set(taskset.tables[taskset["same"].table].frame["first"]) == {"s"}


def test_an_input_is_named_once(job):
    with pytest.raises(ConfigError, match="'length' stands twice"):
        load(job(inputs="[text, length, length]"))


def test_several_files_make_columns_beside_each_other():
    other = FEATURE.replace("length", "first").replace('len(row["text"].split())', "row['text'][0]")
    columns = (*COLUMNS, Column("first", code=other))
    assert made(columns, [{"text": "so it"}]) == [{"length": "2", "first": "s"}]
    assert made(columns[:1], [{"text": "so it"}]) == [{}]
