from __future__ import annotations

import json

import polars as pl
import pytest

import polytask
from polytask._errors import ConfigError, MissingError
from polytask.isolation import ways
from polytask.tasks import load
from polytask.workflow.predicting import predict_file
from polytask.workflow.programming import check_programs, needs

TRIAGE = """from polytask.program import ask, predict, run_code

def route(row):
    topic = predict("topic", row)
    words = run_code("words.py", row["text"])
    if ask("Is this a complaint? yes or no: " + " ".join(words)) == "yes":
        return "person"
    return topic["label"]
"""
WORDS = "def main(inputs):\n    return [word for word in inputs.split() if len(word) > 2]\n"
SAD = ("awful", "poor", "sad")


@pytest.fixture
def asking_job(program_job):
    """A job whose program runs code and asks a language model."""
    (program_job / "programs/triage.py").write_text(TRIAGE)
    (program_job / "programs/words.py").write_text(WORDS)
    for split, count in {"dev": 60, "test": 40}.items():  # a question takes up to 0.1 s
        path = program_job / f"{split}.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:count]))
    return program_job


def say(messages):
    prompt = messages[-1]["content"]
    assert prompt.startswith("Is this a complaint?"), prompt
    return "yes" if any(word in prompt.split() for word in SAD) else "no"


@pytest.mark.slow
@pytest.mark.skipif(not ways(), reason="this machine has no way to shut code in")
def test_a_program_with_a_model_and_code_is_measured_served_and_replayed(
    asking_job, server, tmp_path, monkeypatch
):
    pytest.importorskip("openai")
    monkeypatch.setenv("POLYTASK_LLM_KEY", "sk-canary")
    script = server(say)
    options = {"llm": script.url, "llm_model": "tiny", "share_rows": True, "prompt_rows": 0}
    result = polytask.run(
        asking_job / "plan.py", out=tmp_path / "run", budget="10m", threads=1, **options
    )
    triage = result.report.tasks["triage"]
    assert triage.value > 0.8
    answered = result.report.language_model.answered
    assert answered == len(script.asked) == 100
    assert result.report.language_model.tokens == 110 * answered
    assert "sk-canary" not in (tmp_path / "run/asked.jsonl").read_text()
    assert (tmp_path / "run/programs/0_triage/words.py").read_text() == WORDS
    part = next((tmp_path / "run/model").glob("parts/*/code"))
    assert (part / "words.py").read_text() == WORDS
    before = _timeless(tmp_path / "run")
    (tmp_path / "run/report.json").unlink()
    polytask.run(tmp_path / "run")
    assert _timeless(tmp_path / "run") == before
    assert len(script.asked) == answered  # nothing was asked anew
    _is_served(asking_job, tmp_path, script)


def _timeless(run):
    found = json.loads((run / "report.json").read_text())
    del found["timing"]
    return found


def _is_served(asking_job, tmp_path, script):
    """What is known is answered by what is kept, what is new by the model."""
    answered = len(script.asked)
    rows = pl.read_ndjson(asking_job / "test.jsonl")[:5].select("text")
    fresh = pl.DataFrame({"text": ["an awful thing of w9999", "a lovely song of w9998"]})
    pl.concat([rows, fresh]).write_ndjson(tmp_path / "new.jsonl")
    for name in ("first", "second"):
        predict_file(
            tmp_path / "run",
            tmp_path / "new.jsonl",
            tmp_path / f"{name}.jsonl",
            tasks=["triage"],
            trace=True,
        )
        assert len(script.asked) == answered + 2
    assert (tmp_path / "first.jsonl").read_text() == (tmp_path / "second.jsonl").read_text()
    found = pl.read_ndjson(tmp_path / "first.jsonl")
    assert found["triage"][5] == "person"
    steps = found["triage_trace"][5].to_list()
    assert steps[1].startswith("line 5: run_code('words.py', \"an awful")
    assert steps[2].startswith('line 6: ask("Is this a complaint?') and steps[2].endswith('"yes"')

    _answers_alone(tmp_path, rows, fresh, found)


def _answers_alone(tmp_path, rows, fresh, found):
    """A model folder alone knows what was answered while the run was made, and asks nobody."""
    from polytask.learning.model import Model

    alone = Model.load(tmp_path / "run/model")
    assert [one["triage"] for one in alone.answer(rows)] == found["triage"][:5].to_list()
    assert alone.answer(fresh)[0]["triage"] is None
    (traced,) = alone.parts[alone.routing["triage"]].answers([{"text": "a new thing"}])
    assert "has not answered this before" in traced.reason


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, r"triage\.py:1: .*none is named: .*--llm"),
        ({"llm": "http://127.0.0.1:9/v1", "llm_model": "m"}, "only with --share-rows"),
    ],
)
def test_a_program_that_asks_needs_a_model_that_may_see_rows(asking_job, options, told):
    for call in (polytask.run, polytask.plan):
        with pytest.raises(ConfigError, match=told):
            call(asking_job / "tasks.yaml", **options)
    assert not (asking_job.parent / "runs").exists()


def test_what_programs_need_is_said_when_they_are_checked(asking_job, monkeypatch):
    taskset = load(asking_job / "tasks.yaml")
    check_programs(taskset)
    monkeypatch.setattr("polytask.workflow.programming.ways", lambda: ())
    asks, runs = needs(taskset)
    assert asks.message.startswith("triage.py:1: the program asks a language model")
    assert runs.message.endswith("no way to shut code in")


def test_without_a_way_to_shut_code_in_no_run_begins(program_job, monkeypatch):
    text = TRIAGE.replace("ask, ", "").replace("ask(", "str(")
    (program_job / "programs/triage.py").write_text(text)
    (program_job / "programs/words.py").write_text(WORDS)
    monkeypatch.setattr("polytask.isolation.enclosing.ways", lambda: ())
    with pytest.raises(MissingError, match="apt install bubblewrap"):
        polytask.run(program_job / "tasks.yaml")


def test_code_that_was_changed_in_a_model_is_refused(tmp_path):
    from polytask._errors import ModelError
    from polytask.learning.program_part import ProgramPart
    from polytask.planning.programs import Code, Program
    from polytask.tasks.task import Column, Task

    task = Task("f", "", (Column("text"),), "", "program", "")
    program = Program("f", "def f(row):\n    return 1\n", codes=(Code("a.py", "x = 1\n"),))
    ProgramPart(task, program).save(tmp_path)
    assert ProgramPart.load(tmp_path).program == program
    (tmp_path / "code/a.py").write_text("x = 2\n")
    with pytest.raises(ModelError, match=r"a\.py has changed since the model was saved"):
        ProgramPart.load(tmp_path)
