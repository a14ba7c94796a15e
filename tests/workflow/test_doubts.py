"""What makes a measurement on given rows doubtful."""

from __future__ import annotations

import pytest

from polytask.tasks.task import Column, Inputs, Task
from polytask.workflow.doubts import Seen, no_value, strange_labels
from polytask.workflow.folder import RunFolder, write_text

ROWS = [(f"a {mood} film no {i}", mood) for i in range(40) for mood in ("good", "bad")]
TASK = Task("mood", "t", (Column("text"),), "mood", "binary", "accuracy", ("bad", "good"))


@pytest.fixture
def run(tmp_path):
    """The folder of a run whose last 20 rows were its test rows."""
    for split, rows in (("train", ROWS[:60]), ("test", ROWS[60:])):
        lines = [f"{text},{mood}" for text, mood in rows]
        write_text(tmp_path / f"d_{split}.csv", "\n".join(["text,mood", *lines]) + "\n")
    folder = RunFolder(tmp_path / "run")
    with folder.created({"settings": {"seed": 0}}):
        data = "{train: ../d_train.csv, test: ../d_test.csv}"
        task = f"{{data: {data}, input: text, target: mood}}"
        write_text(folder.task_file, f"tasks:\n  mood: {task}\n")
    return folder.path


def inputs(*texts: str) -> Inputs:
    return Inputs((Column("text"),), {"text": list(texts)})


def test_rows_that_were_learned_from_are_told_however_they_are_written(run):
    seen = Seen(run, "this model")
    train, test = ROWS[0][0], ROWS[70][0]
    (note,) = seen.notes("mood", inputs(f"  {train.upper()} ", test, "a new film", train))
    assert note.startswith("2 of the 4 rows for mood were trained or decided on by this model")
    assert seen.notes("mood", inputs(test, "a new film")) == []
    assert seen.notes("another", inputs(train)) == []


def test_test_rows_of_a_new_task_that_the_model_has_read_are_told(run, tmp_path):
    seen = Seen(run, "the model")
    (note,) = seen.also(["mood", "gone"], "heard", inputs(ROWS[0][0], ROWS[70][0], "a new film"))
    assert note.startswith("1 of the 3 test rows for heard were read, with other labels, when the")
    assert seen.also(["mood"], "heard", inputs("a new film")) == []
    (tmp_path / "d_train.csv").unlink()
    (note,) = Seen(run, "A").also(["mood"], "heard", inputs("a film"))
    assert note.startswith("Whether A has seen these rows is not known: ")


def test_data_that_are_gone_are_told_and_measuring_goes_on(run, tmp_path):
    (tmp_path / "d_train.csv").unlink()
    (note,) = Seen(run, "A").notes("mood", inputs("a film"))
    assert note.startswith("Whether A has seen these rows is not known: ")
    assert "d_train.csv" in note


def test_labels_that_training_never_had_are_named():
    (note,) = strange_labels(TASK, ["good", "grim", "bad", "grim", "odd"])
    assert note.startswith("3 rows for mood carry labels that the model does not know")
    assert note.endswith("'grim', 'odd'")
    assert strange_labels(TASK, ["good", "bad"]) == []
    tags = Task("tags", "t", (), "tags", "tagging", "span_f1", ("B-x", "O"))
    assert "1 rows for tags" in strange_labels(tags, [["O", "B-y"], ["O"]])[0]
    assert strange_labels(Task("n", "t", (), "n", "regression", "r2"), [1.0]) == []


def test_a_metric_without_a_value_is_told():
    assert no_value(TASK, 0.0) == []
    (note,) = no_value(TASK, float("nan"))
    assert note.startswith("accuracy of mood has no value on these rows")
