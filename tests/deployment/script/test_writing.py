"""Templates, filled: what a program holds and what it leaves out."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from polytask._errors import ConfigError
from polytask.deployment.script.reading import Reading
from polytask.deployment.script.subject import Measured, Subject
from polytask.deployment.script.writing import written
from polytask.learning.encoders.tiny import tiny_causal_encoder
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.kernel_probe import KernelProbe
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.tasks.task import Column, Task

FILES = {"train": "train.csv", "dev": "dev.csv", "test": "test.csv"}
ROWS = {"train": [0, 2], "dev": [3], "test": [4]}


def subject(recipe=None, rows=None, **facts):
    known = {"kind": "multiclass", "metric": "accuracy", "labels": ("a", "b", "c")} | facts
    task = Task("topic", "rows", (Column("text"),), "label", **known)
    whole = {} if rows else FILES
    reading = Reading(
        Path("/data"), tuple(FILES.values()), "pl.read_csv({})", whole, rows or {}, frozenset()
    )
    measured = {"topic": Measured(task.metric, 0.8, 0.7, 0.9, 100)}
    counts = {"topic": (2, 2)}
    return Subject((task,), recipe or TfidfLinear(), {"rows": reading}, measured, counts)


def test_a_program_says_what_it_is_what_it_needs_and_what_was_measured():
    program = written(subject(), "topic.py").program
    head = ast.get_docstring(ast.parse(program))
    assert head.splitlines()[0] == "Fit a linear model on TF-IDF features for topic, on texts."
    assert "python topic.py [--data FOLDER]\n" in head
    assert "topic: accuracy 0.8000 (95 % interval 0.7000 to 0.9000, 100 rows)" in head
    assert "scikit-learn==" in head
    assert "torch" not in program


def test_row_numbers_stand_beside_a_program_that_needs_them():
    assert written(subject(), "topic.py").rows == ""
    found = written(subject(rows=ROWS), "topic.py")
    assert json.loads(found.rows) == ROWS
    assert ".rows.json" in found.program


def test_a_stated_strength_is_the_only_one():
    assert "STRENGTHS = [0.5]" in written(subject(TfidfLinear(strength=0.5)), "topic.py").program


def test_there_is_nothing_in_a_program_for_other_kinds():
    plain = written(subject(), "topic.py").program
    several = written(subject(kind="multilabel", metric="macro_f1"), "topic.py").program
    assert "threshold" not in plain
    assert "def fit_thresholds" in several


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"recipe": KernelProbe()}, "the recipe KernelProbe"),
        ({"kind": "ordinal", "metric": "accuracy"}, "of the ordinal task 'topic'"),
        ({"kind": "binary", "metric": "auroc"}, "the metric auroc"),
    ],
)
def test_what_has_no_template_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        written(subject(**given), "topic.py")


def test_a_language_model_as_encoder_is_refused():
    encoder = tiny_causal_encoder(["a b"])
    with pytest.raises(ConfigError, match="for a language model as encoder yet"):
        written(replace(subject(FineTune()), encoder=encoder), "topic.py")
