from __future__ import annotations

import json

import pytest

from polytask.tasks import load
from polytask.workflow.folder import RunFolder
from polytask.workflow.keys import candidate_name, train_key
from polytask.workflow.lineage import Lineage, check_lineage

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32
FINE = "FineTune(epochs=3)"


@pytest.fixture
def run(make_job, tmp_path):
    """A run folder with parts of two tables: `small` is judged in folds, `large` is not."""
    job = make_job(tmp_path / "job")
    (job / "tasks.yaml").write_text(
        "tasks:\n"
        "  small: {data: data/train.jsonl, input: text, target: topic, split: {folds: 3}}\n"
        "  large: {data: {train: data/dev.jsonl, test: data/test.jsonl}, input: text, "
        "target: mood}\n",
        encoding="utf-8",
    )
    folder = RunFolder(tmp_path / "run")

    def keep(part: str, *tasks: str, **lineage: object) -> None:
        (folder.parts / part).mkdir(parents=True)
        facts = json.dumps({"recipe": FINE, "tasks": tasks, **lineage})
        (folder.parts / part / "facts.json").write_text(facts, encoding="utf-8")

    keep(ONE, "small")
    keep(TWO, "large")
    keep(THREE, "large", start=ONE)
    return folder, load(job / "tasks.yaml")


def test_it_is_written_only_where_there_is_one() -> None:
    whole = Lineage(ONE, {"b": TWO, "a": TWO})
    assert Lineage.of(whole.facts()) == whole
    assert (bool(Lineage()), Lineage().facts(), str(Lineage())) == (False, {}, "")
    assert whole.parts == [ONE, TWO]
    assert str(whole) == "from part 111111, taught a + b"


def test_names_and_keys_tell_it(run) -> None:
    _, taskset = run
    settings = dict.fromkeys(("seed", "device", "dtype", "threads"), 0)
    settings |= dict.fromkeys(("encoder", "image_encoder"), "tiny/none")
    lineages = [Lineage(), Lineage(ONE), Lineage(TWO), Lineage("", {"large": ONE})]
    keys = [train_key(taskset, ["large"], FINE, 1, settings, lineage) for lineage in lineages]
    assert len(set(keys)) == 4
    assert keys[0] == train_key(taskset, ["large"], FINE, 1, settings)
    assert candidate_name("R()", ["a"], 2, lineages[3]) == "R() · a, taught large, repeat 2"


@pytest.mark.parametrize(
    ("tasks", "recipe", "lineage", "message"),
    [
        (["large"], FINE, Lineage("x"), "'x' is no trained part of this run"),
        (["large"], FINE, Lineage("", {"large": "../secret"}), "is no trained part of this run"),
        (["large"], FINE, Lineage("", {"small": ONE}), "'small': '1+', which answers small"),
        (["large"], FINE, Lineage("", {"large": ONE}), "'large': '1+', which answers small"),
        (
            ["large"],
            "TfidfLinear()",
            Lineage(TWO),
            r"`start` of train\(\) is for Probe, .*FineTune.*; found TfidfLinear\(\)",
        ),
        (
            ["large"],
            "Probe()",
            Lineage("", {"large": TWO}),
            r"`teachers` of train\(\) is for TopLayers, FineTune.*; found Probe\(\)",
        ),
        (["small"], FINE, Lineage(ONE), "'1+' has learned from the table .*judge parts in folds"),
        (["small"], FINE, Lineage("", {"small": ONE}), "judge parts in folds"),
        (["small", "large"], FINE, Lineage("", {"small": ONE}), "judge parts in folds"),
        (["small"], FINE, Lineage(THREE), "'3+' has learned from the table .*, all of it"),
    ],
)
def test_what_cannot_be_built_on_is_refused(run, tasks, recipe, lineage, message) -> None:
    folder, taskset = run
    with pytest.raises(ValueError, match=message):
        check_lineage(lineage, folder, taskset, tasks, recipe)


def test_what_has_not_seen_the_rows_that_judge_is_allowed(run) -> None:
    folder, taskset = run
    check_lineage(Lineage(TWO), folder, taskset, ["small"], FINE)  # from a task to a smaller one
    check_lineage(Lineage(ONE, {"large": TWO}), folder, taskset, ["large"], FINE)
    check_lineage(Lineage(TWO), folder, taskset, ["small"], "Probe()")
