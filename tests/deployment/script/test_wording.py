"""Words and literals of programs."""

from __future__ import annotations

import ast

from polytask.deployment.script import wording
from polytask.tasks.task import Column, Task


def task(kind="multiclass", metric="accuracy", labels=("a", "b"), name="t"):
    return Task(name, "rows", (Column("text"),), "t", kind, metric, labels)


def test_long_values_are_spread_over_lines_and_stay_the_same():
    labels = [f"label {i}" for i in range(40)]
    for value in (labels, {"x": labels, "y": ["a"]}):
        text = wording.assign("NAME", value)
        assert max(map(len, text.splitlines())) <= wording.WIDTH
        assert ast.literal_eval(text.partition(" = ")[2]) == value


def test_literals_are_python_and_quote_as_people_do():
    value = {'quote "this"': ["北京", 1, 0.5, True]}
    assert ast.literal_eval(wording.literal(value)) == value
    assert wording.literal("a") == '"a"'


def test_scores_are_expressions_of_the_metric():
    assert wording.score(task()) == "accuracy_score(truth, given)"
    assert "chain" in wording.score(task("tagging", labels=("X", "Y")))
    assert wording.score(task("tagging", "span_f1", ("B-x", "O"))) == "spans.f1_score(truth, given)"
    assert "zero_division=np.nan" in wording.score(task("multilabel", "macro_f1"))


def test_paths_below_here_are_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert wording.place(tmp_path / "data") == "data"
    assert wording.place("/elsewhere") == "/elsewhere"


def test_weights_below_home_are_found_in_another_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert wording.weights(str(tmp_path / "w")) == 'str(Path.home() / "w")'


def test_constants_are_names():
    assert wording.constant("2 tables").isidentifier()
