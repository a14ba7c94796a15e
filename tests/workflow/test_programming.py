from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import polytask
from polytask._errors import ConfigError, PlanError
from polytask.isolation import ways
from polytask.learning.model import Model
from polytask.planning.programs import Doors, RowBudget
from polytask.planning.programs import run as answer_by
from polytask.tasks import load, write_task_file
from polytask.workflow.folder import RunFolder
from polytask.workflow.predicting import predict_file
from polytask.workflow.programming import check_programs, kept_programs, programs, row_budget
from polytask.workflow.running import run


def test_a_task_file_with_programs_is_written_and_read_back(program_job, tmp_path):
    taskset = load(program_job / "tasks.yaml")
    again = tmp_path / "tasks.yaml"
    write_task_file(taskset, again)
    assert "program: job/programs/triage.py:route" in again.read_text()
    assert load(again).programs.keys() == {"triage", "escalate"}
    found = programs(load(again))
    assert found["triage"].tasks == ("topic", "mood")
    assert found["escalate"].tasks == ("topic", "mood", "triage")
    assert found["escalate"].calls == ["triage"]
    check_programs(load(again))


def test_programs_cannot_call_each_other_in_a_circle(program_job):
    text = (
        (program_job / "programs/triage.py")
        .read_text()
        .replace('predict("mood", row)', 'predict("escalate", row)')
    )
    (program_job / "programs/triage.py").write_text(text)
    with pytest.raises(PlanError, match=r"triage\.py:4: predict\('escalate', …\)"):
        run(program_job / "tasks.yaml", budget="60s")
    assert not (program_job.parent / "runs").exists()


def test_what_a_row_may_use_is_set_in_the_task_file(program_job, tmp_path):
    path = program_job / "tasks.yaml"
    text = path.read_text()
    path.write_text(text.replace(':route"', ':route", budget: {seconds: 0.5, calls: 3}'))
    write_task_file(load(path), tmp_path / "again.yaml")
    for one in (path, tmp_path / "again.yaml"):
        assert row_budget(load(one), "triage") == RowBudget(seconds=0.5, calls=3)
        assert row_budget(load(one), "escalate") == RowBudget()


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ("{second: 1}", "unknown name 'second'.*did you mean 'seconds'"),
        ("{calls: 0}", "`calls` of a row's budget is above 0"),
        ("{calls: many}", "may use for a row, such as"),
        ("5", "may use for a row, such as"),
    ],
)
def test_a_budget_that_is_none_is_refused(program_job, budget, told):
    path = program_job / "tasks.yaml"
    text = path.read_text()
    path.write_text(text.replace(':route"', f':route", budget: {budget}'))
    with pytest.raises(ConfigError, match=told):
        check_programs(load(path))


def test_a_program_cannot_tag_nor_be_judged_in_folds(program_job, make_rows):
    alone = (
        (program_job / "tasks.yaml")
        .read_text()
        .replace("{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}", "train.jsonl")
    )
    (program_job / "tasks.yaml").write_text(alone)
    with pytest.raises(ConfigError, match="judged in 5 folds"):
        check_programs(load(program_job / "tasks.yaml"))
    rows = [
        {"text": row["text"], "tags": " ".join("O" for _ in row["text"].split())}
        for row in make_rows(60)
    ]
    rows = [{**row, "tags": row["tags"].replace("O", "B-x", 1)} for row in rows]
    pl.DataFrame(rows).write_ndjson(program_job / "tags.jsonl")
    (program_job / "tasks.yaml").write_text(
        "tasks:\n  tags: {data: tags.jsonl, input: text, target: tags, kind: tagging, "
        "program: programs/escalate.py}\n"
    )
    with pytest.raises(ConfigError, match="asks for tags"):
        check_programs(load(program_job / "tasks.yaml"))


EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("programs/tasks.yaml", "triage"),
        ("medical/advice.yaml", "advice"),
        ("desk/tasks.yaml", "desk"),
    ],
)
def test_the_programs_of_the_examples_check(file, name):
    taskset = load(EXAMPLES / file)
    check_programs(taskset)
    assert set(programs(taskset)[name].calls) == set(taskset) - {name}


def test_a_request_is_sorted_by_the_rule_that_its_source_states():
    program = programs(load(EXAMPLES / "programs/tasks.yaml"))["triage"]
    found = pl.read_parquet(EXAMPLES / "programs/requests/test.parquet")[:40]
    asked = {json.dumps(row["tokens"]): row for row in found.iter_rows(named=True)}

    def told(task, values):
        if task == "sentiment":
            return [{"label": "negative", "sure": False} for _ in values]
        rows = [asked[json.dumps(value["tokens"])] for value in values]
        tags = [[tag[2:] for tag in row["slots"] if tag[0] == "B"] for row in rows]
        spans = [[{"label": tag, "text": tag} for tag in one] for one in tags]
        return [
            {"label": row["intent"], "spans": one, "probability": 1.0}
            for row, one in zip(rows, spans, strict=True)
        ]

    answers = answer_by(program, [{"tokens": row["tokens"]} for row in asked.values()], Doors(told))
    assert [one.value["queue"] for one in answers] == [row["queue"] for row in asked.values()]


@pytest.mark.slow
@pytest.mark.skipif(not ways(), reason="this machine has no way to shut code in")
def test_a_run_keeps_its_steps_and_what_came_of_them(job, monkeypatch):
    monkeypatch.chdir(job.parent)
    clean = "def main(inputs):\n    rows = inputs['rows']\n"
    clean += "    return {'keep': ['w3' not in row['text'] for row in rows]}\n"
    (job / "clean.py").write_text(clean)
    path = job / "tasks.yaml"
    text = path.read_text().replace("target: topic", "target: topic, steps: {clean: clean.py}")
    path.write_text(text)
    (job / "plan.py").write_text(QUICK)
    result = run(job / "plan.py", out=job / "run", budget="60s", threads=1)
    assert (job / "run/steps/0_clean.py").read_text() == clean
    assert any("0_clean.py left out" in one.message for one in result.report.findings)
    before = (job / "run/report.json").read_text()
    (job / "clean.py").unlink()
    monkeypatch.setattr("polytask.isolation.enclosing.ways", lambda: ())
    assert run(job / "run").path == job / "run"
    (job / "run/report.json").unlink()
    run(job / "run")  # nothing is run anew
    found = [json.loads(text) for text in (before, (job / "run/report.json").read_text())]
    assert [one.pop("timing") is not None for one in found] == [True, True]
    assert found[0] == found[1]


@pytest.mark.slow
@pytest.mark.skipif(not ways(), reason="this machine has no way to shut code in")
def test_a_model_makes_its_inputs_wherever_it_goes(job, tmp_path, monkeypatch):
    monkeypatch.chdir(job.parent)
    code = "def main(inputs):\n    rows = inputs['rows']\n"
    code += "    return {'features': [{'first': row['text'].split()[0]} for row in rows]}\n"
    (job / "feature.py").write_text(code)
    path = job / "tasks.yaml"
    told = "input: [text, first], target: topic, steps: {feature: feature.py}"
    path.write_text(path.read_text().replace("input: text, target: topic", told))
    assert told in path.read_text()
    (job / "plan.py").write_text(QUICK)
    run(job / "plan.py", out=job / "run", budget="60s", threads=1)
    rows = [{"text": "rain and storm", "topic": "weather"}, {"text": "a song", "topic": "music"}]
    pl.DataFrame(rows).write_csv(tmp_path / "new.csv")
    measured = polytask.evaluate(job / "run", tmp_path / "new.csv")["topic"]
    assert (measured["rows"], measured["value"]) == (2, 1.0)
    grown = polytask.update(job / "run", tmp_path / "new.csv", tasks=["topic"], out=job / "grown")
    assert (grown.path / "steps/0_feature.py").read_text() == code  # it does without the old run
    pl.DataFrame([{**rows[0], "first": "x"}]).write_csv(tmp_path / "doubled.csv")
    told = predict_file(
        job / "run", tmp_path / "doubled.csv", tmp_path / "out.csv", tasks=["topic"]
    )
    assert told.notes == ("first: made by the model's code; the cells were not read",)
    with pytest.raises(ConfigError, match="the column first, which the step `feature`"):
        polytask.update(job / "run", tmp_path / "doubled.csv", tasks=["topic"])
    model = Model.load((job / "run/model").rename(tmp_path / "moved"))
    assert [column.name for column in model.tasks["topic"].inputs] == ["text", "first"]
    (job / "feature.py").unlink()
    (answer,) = model.answer([{"text": "rain and storm forecast"}])
    assert answer["topic"] == "weather"
    assert model.answer([{"text": " "}])[0]["topic"] is None


@pytest.mark.slow
@pytest.mark.skipif(not ways(), reason="this machine has no way to shut code in")
def test_a_task_that_is_added_keeps_its_steps_beside_those_there(job, tmp_path, monkeypatch):
    monkeypatch.chdir(job.parent)
    step = "def main(inputs):\n    return {'keep': [True for row in inputs['rows']]}\n"
    path, text = job / "tasks.yaml", (job / "tasks.yaml").read_text()
    (job / "clean.py").write_text(step)
    path.write_text(text.replace("target: topic", "target: topic, steps: {clean: clean.py}"))
    (job / "plan.py").write_text(QUICK)
    run(job / "plan.py", out=job / "run", budget="60s", threads=1)
    other = step.replace("True", "row is not None")
    (job / "more.py").write_text(other)
    more = text.replace("target: topic", "target: topic, steps: {clean: more.py}")
    for name in load(path):
        more = more.replace(f"  {name}:", f"  {name}2:")
    (job / "more.yaml").write_text(more)
    grown = polytask.add(job / "run", job / "more.yaml", out=tmp_path / "grown")
    kept = [(tmp_path / f"grown/steps/{n}_clean.py").read_text() for n in (0, 1)]
    assert kept == [step, other]
    for file in ("clean.py", "more.py"):
        (job / file).unlink()
    found = load(grown.path / "tasks.yaml").origins
    assert found["topic"].steps["clean"].endswith("0_clean.py")
    assert found["topic2"].steps["clean"].endswith("1_clean.py")


QUICK = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""


def test_code_of_any_name_leaves_its_program_as_it_was(program_job, tmp_path):
    place = program_job / "programs"
    text = (place / "triage.py").read_text()
    text = f"from polytask.program import run_code\n{text}\nrun_code('0_triage.py', 1)\n"
    (place / "triage.py").write_text(text)
    (place / "0_triage.py").write_text("def main(inputs):\n    return 1\n")
    kept = kept_programs(load(program_job / "tasks.yaml"), RunFolder(tmp_path / "run"))
    program = programs(kept)["triage"]
    assert program.text == text
    assert [code.text for code in program.codes] == ["def main(inputs):\n    return 1\n"]
