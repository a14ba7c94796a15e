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


PLAN = """from polytask.plan import FineTune, Probe, TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
quick = FineTune(epochs=1, learning_rate=1e-3, batch_size=16)
controls = {task: train([task], TfidfLinear())["part"] for task in t}
joint = train(t, quick, teachers={"topic": controls["topic"]})
again = train(t, quick, 1, teachers={"topic": controls["topic"]})
after = train(["mood"], Probe(), start=joint["part"])
wrong = ""
try:
    train(["mood"], TfidfLinear(), start=joint["part"])
except ValueError as error:
    wrong = str(error)
parts = {"topic": joint["part"], "mood": after["part"]}
finish(combine(parts, controls, {joint["part"]: [again["part"]]} if "start" in wrong else {}))
"""


@pytest.mark.slow
def test_a_plan_of_parts_that_build_on_parts_is_delivered_and_told(job, tiny_encoder) -> None:
    import polytask

    (job / "plan.py").write_text(PLAN, encoding="utf-8")
    result = polytask.run(
        job / "plan.py",
        out=job / "run",
        budget="5m",
        threads=1,
        dtype="float32",
        encoder=str(tiny_encoder),
    )
    told = {one.name: one for one in result.report.candidates}
    names = [name for name, one in told.items() if one.builds_on]
    recipe = "FineTune(epochs=1, learning_rate=0.001, batch_size=16)"
    assert names[:2] == [
        f"{recipe} · topic + mood, taught topic",
        f"{recipe} · topic + mood, taught topic, repeat 1",
    ]
    assert names[2].startswith("Probe() · mood, from part ")
    assert told[names[0]].chosen == ("topic",)
    assert told[names[2]].chosen == ("mood",)
    assert told[names[2]].control == ()
    assert result.report.tasks["topic"].seeds == 2
    # both stand on the encoder of the joint part, which is saved once
    assert len(list((result.path / "model" / "parts").iterdir())) == 1
    page = (result.path / "report.html").read_text(encoding="utf-8")
    assert "taught topic" in page
    assert set(result.model.tasks) == {"topic", "mood"}
