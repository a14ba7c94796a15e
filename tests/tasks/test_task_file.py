"""tasks.yaml: read, refused, written and read back."""

from dataclasses import fields, replace
from pathlib import Path

import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.planning.programs.budget import RowBudget
from polytask.tasks import load, read_task_file, write_task_file
from polytask.tasks.task import KINDS, METRICS
from polytask.tasks.task_file import KEYS, TOP, read_recipes

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"

FULL = """
tasks:
  intent:
    data: {train: a/train.csv, valid: a/dev.csv, test: a/test.csv}
    input: text
    target: intent
    kind: multiclass
    metric: macro_f1
    map: {no: yes, 1: one}
  level:
    data: b/*.csv
    input: [left, right]
    target: level
    kind: ordinal
    labels: [low, high]
    split: {folds: 5, group: patient}
  third: {data: [c.csv, d.csv], target: y, split: part, group: who}
"""


def write(folder, text):
    path = folder / "tasks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_that_can_be_said(tmp_path):
    intent, level, third = read_task_file(write(tmp_path, FULL))
    assert dict(intent.data) == {
        "train": (str(tmp_path / "a/train.csv"),),
        "dev": (str(tmp_path / "a/dev.csv"),),
        "test": (str(tmp_path / "a/test.csv"),),
    }
    assert (intent.kind, intent.metric, intent.inputs) == ("multiclass", "macro_f1", ("text",))
    assert intent.map == {"no": "yes", "1": "one"}
    assert level.inputs == ("left", "right")
    assert (level.labels, level.folds, level.group) == (("low", "high"), 5, "patient")
    assert (third.split, third.group, third.inputs) == ("part", "who", ())
    assert third.data == {"": (str(tmp_path / "c.csv"), str(tmp_path / "d.csv"))}


TASK = "tasks:\n  a: {{data: x.csv, input: text, target: y, {}}}\n"
BAD = {
    "unknown top key": ("taks: {}\n", r"unknown key 'taks': did you mean 'tasks'"),
    "no tasks": ("tasks: {}\n", r"`tasks` takes a mapping"),
    "tasks as a list": ("tasks: [a]\n", r"`tasks` takes a mapping"),
    "a task as text": ("tasks: {a: b}\n", r"task 'a' takes a mapping"),
    "unknown key": (TASK.format("metrik: x"), r"task 'a': unknown key 'metrik'.*'metric'"),
    "no later rows": (TASK.format("more: "), r"task 'a': `more` names files; found nothing"),
    "unknown kind": (TASK.format("kind: multclass"), r"unknown `kind` 'multclass'.*'multiclass'"),
    "unknown metric": (TASK.format("metric: acuracy"), r"unknown `metric` 'acuracy'.*'accuracy'"),
    "metric of another kind": (
        TASK.format("kind: regression, metric: accuracy"),
        r"`metric` for regression 'accuracy'.*r2",
    ),
    "loss in another way": (TASK.format("loss: [CRF]"), r"task 'a': `loss`: A part is written"),
    "no name": ("tasks:\n  '': {}\n", r"task '': a task's name is one line that is not blank"),
    "two lines": ('tasks:\n  "a\\nb": {}\n', r"name is one line that is not blank; rename it"),
    "no data": ("tasks:\n  a: {input: x, target: y}\n", r"lacks `data`"),
    "no target": ("tasks:\n  a: {data: x.csv}\n", r"lacks `target`; write e.g. `target: label`"),
    "data without train": ("tasks:\n  a: {data: {test: x}, target: y}\n", r"lacks `train`"),
    "unknown split": ("tasks:\n  a: {data: {trian: x}, target: y}\n", r"'trian': did you mean 'tr"),
    "few folds": (TASK.format("split: {folds: 2}"), r"`folds` takes a whole number from 3"),
    "many folds": (TASK.format("split: {folds: 5000}"), r"from 3 to 50; found '5000'"),
    "folds in words": (TASK.format("split: {folds: many}"), r"`folds` takes a whole number"),
    "unknown in split": (TASK.format("split: {fold: 5}"), r"unknown key 'fold'.*'folds'"),
    "split as a list": (TASK.format("split: [a]"), r"`split` takes a column"),
    "map as a list": (TASK.format("map: [a]"), r"`map` takes raw label: label"),
    "kind as a list": (TASK.format("kind: [binary]"), r"`kind` takes one name"),
    "input as a mapping": ("tasks:\n  a: {data: x, input: {a: b}, target: y}\n", r"`input` takes"),
}


@pytest.mark.parametrize("case", BAD)
def test_refused(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(ConfigError, match=message):
        read_task_file(write(tmp_path, text))


def rows(count, first=0):
    words = ["red", "green", "blue", "grey"]
    return pl.DataFrame(
        {
            "text": [f"{words[i % 4]} thing number {i}" for i in range(first, first + count)],
            "colour": [words[i % 4] for i in range(first, first + count)],
            "size": [i * 0.5 for i in range(first, first + count)],
            "level": [["low", "medium", "high"][i % 3] for i in range(first, first + count)],
            "patient": [f"p{i // 4}" for i in range(first, first + count)],
        }
    )


def test_written_files_load_back_to_the_same_tasks(tmp_path):
    for split, count, start in (("train", 300, 0), ("dev", 40, 300), ("test", 60, 340)):
        rows(count, start).write_csv(tmp_path / f"{split}.csv")
    first = load(tmp_path)
    (tmp_path / "plans").mkdir()
    path = tmp_path / "plans" / "tasks.yaml"
    write_task_file(first, path)
    again = load(path)
    assert {n: (t.kind, t.metric, t.labels, t.target) for n, t in again.tasks.items()} == {
        n: (t.kind, t.metric, t.labels, t.target) for n, t in first.tasks.items()
    }
    for name, table in first.tables.items():
        assert table.frame.equals(again.tables[name].frame)
        assert (table.final == again.tables[name].final).all()
    text = path.read_text(encoding="utf-8")
    assert "../train.csv" in text
    assert "# " in text
    assert str(tmp_path) not in text


def test_folds_map_and_groups_survive_writing(tmp_path):
    rows(200).write_csv(tmp_path / "all data.csv")
    text = (
        "tasks:\n  colour: {data: all data.csv, input: text, target: colour, "
        "map: {grey: red}, split: {folds: 4, group: patient}}\n"
    )
    first = load(write(tmp_path, text))
    write_task_file(first, tmp_path / "again.yaml")
    again = load(tmp_path / "again.yaml")
    assert again["colour"].labels == ("blue", "green", "red")
    assert [t.folds for t in again.tables.values()] == [4]
    for a, b in zip(*[next(iter(s.tables.values())).splits for s in (first, again)], strict=True):
        assert (a == b).all()


def test_a_level_that_stands_in_test_alone_loads_back(tmp_path):
    rows(60).filter(pl.col("level") != "high").write_csv(tmp_path / "d_train.csv")
    rows(60, 60).write_csv(tmp_path / "d_test.csv")
    first = load(tmp_path)
    write_task_file(first, tmp_path / "tasks.yaml")
    assert load(tmp_path / "tasks.yaml")["level"].labels == first["level"].labels
    assert first["level"].labels == ("low", "medium")


def test_memory_cannot_be_written(tmp_path):
    with pytest.raises(ConfigError, match=r"did not come from files.*save the data first"):
        write_task_file(load(rows(100)), tmp_path / "tasks.yaml")


def test_names_with_line_breaks_and_signs_survive_writing(tmp_path):
    name, column = 'mood/of\nit: {"x"} #1\t- é', "my 'text', with\n\"quotes\""
    frame = pl.DataFrame(
        {
            column: [f"a word {i}" for i in range(60)],
            name: [("yes: no", "# not\n\x07")[i % 2] for i in range(60)],
        }
    )
    frame.write_ndjson(tmp_path / "rows.jsonl")
    write_task_file(load(tmp_path / "rows.jsonl"), tmp_path / "tasks.yaml")
    task = load(tmp_path / "tasks.yaml")['mood/of it: {"x"} #1\t- é']
    assert (task.target, task.inputs[0].name) == (name, column)
    assert task.labels == ("# not\n\x07", "yes: no")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    rows(100).write_csv(tmp_path / "rows.csv")
    found = load(tmp_path / "rows.csv")
    (tmp_path / "tasks.yaml").mkdir()
    with pytest.raises(IsADirectoryError):
        write_task_file(found, tmp_path / "tasks.yaml")
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "tasks.yaml"}


RECIPES = """recipes:
  - FineTune(epochs=5, balancer=PCGrad())
  - {FineTune: {epochs: 3, balancer: {GradVac: {beta: 0.1}}, embeddings: true, image_size: null}}
  - Probe
"""


def test_recipes_are_read_with_their_types(tmp_path):
    assert read_recipes(write(tmp_path, FULL)) == ()
    assert read_recipes(write(tmp_path, RECIPES + FULL)) == (
        "FineTune(epochs=5, balancer=PCGrad())",
        "FineTune(epochs=3, balancer=GradVac(beta=0.1), embeddings=True, image_size=None)",
        "Probe()",
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("recipes: Probe()", "`recipes` takes a list"),
        ("recipes: [FineTune(epochs=5, balancer=PCGrad())]", r"found 'FineTune\(epochs=5'"),
        ("recipes: [[Probe]]", "`recipes`: A part is written like"),
    ],
)
def test_recipes_written_in_another_way_are_refused(tmp_path, written, told):
    with pytest.raises(ConfigError, match=told):
        read_recipes(write(tmp_path, f"{written}\n{FULL}"))


@pytest.mark.parametrize("written", ["Focal(gamma=1.0)", "{Focal: {gamma: 1.0}}"])
def test_a_loss_is_loaded_written_and_read_back(tmp_path, written):
    rows = pl.DataFrame({"x": [f"word {i}" for i in range(60)], "y": ["a", "b"] * 30})
    rows.write_csv(tmp_path / "rows.csv")
    task = f"{{data: rows.csv, input: x, target: y, loss: {written!r}}}"
    loaded = load(write(tmp_path, f"tasks: {{y: {task}}}".replace("'{", "{").replace("}'", "}")))
    assert loaded["y"].loss == "Focal(gamma=1.0)"
    write_task_file(loaded, tmp_path / "again.yaml")
    assert load(tmp_path / "again.yaml")["y"] == replace(loaded["y"], reason="stated")


def test_recipes_are_loaded_written_and_read_back(tmp_path):
    rows = pl.DataFrame({"x": [f"word {i}" for i in range(60)], "y": ["a", "b"] * 30})
    rows.write_csv(tmp_path / "rows.csv")
    tasks = "tasks: {y: {data: rows.csv, input: x, target: y}}"
    loaded = load(write(tmp_path, f"{RECIPES}{tasks}"))
    assert len(loaded.recipes) == 3
    write_task_file(loaded, tmp_path / "again.yaml")
    assert read_recipes(tmp_path / "again.yaml") == loaded.recipes


def test_the_page_about_task_files_names_every_key_and_its_example_is_read(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    metrics = {name for names in METRICS.values() for name in names}
    budget = [item.name for item in fields(RowBudget)]
    missing = [w for w in (*TOP, *KEYS, *KINDS, *metrics, *budget) if f"`{w}`" not in text]
    assert not missing
    usual = RowBudget()
    for name in budget:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        assert row.endswith(f" {getattr(usual, name):,.0f} |")
    path = tmp_path / "tasks.yaml"
    path.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert [entry.name for entry in read_task_file(path)] == ["mood", "topic", "reviews"]
    assert read_recipes(path) == ("FineTune(epochs=5, balancer=PCGrad())",)
