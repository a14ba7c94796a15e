"""`polytask operations`: the document a plan is written from."""

from __future__ import annotations


def test_the_document_names_operations_recipes_and_the_language(polytask):
    answer = polytask("operations")
    answer.succeeds("def try_plan", "FineTune", "## The language")
    assert not answer.torch


def test_stubs_are_python(polytask):
    answer = polytask("operations", "--stubs")
    answer.succeeds("class Trained")
    compile(answer.out, "stubs", "exec")
