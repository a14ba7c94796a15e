"""A task program from a sentence: checked, sent back, held against what is trained."""

from __future__ import annotations

import json

import pytest

import polytask
from polytask.planning.chat import Exchanges
from polytask.tasks import load
from polytask.workflow.settings import Settings
from polytask.workflow.sketching import sketch

TASKS = """\
tasks:
  topic: {data: DATA, input: text, target: topic}
  mood: {data: DATA, input: text, target: mood}
  queue: {data: DATA, input: text, target: queue}
""".replace("DATA", "{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}")
GOOD = """\
from polytask.program import predict


def queue(row):
    mood = predict("mood", row)
    topic = predict("topic", row)
    return "person" if mood["label"] == "bad" else topic["label"]
"""
BAD = GOOD.replace('"person" if mood["label"] == "bad" else topic["label"]', '"person"')
MISTYPED = GOOD.replace('return "person" if', 'n: int = "x"\n    return "person" if')


@pytest.fixture
def job(program_job):
    """Three tasks on fixed splits, the last of which follows from the two before it."""
    (program_job / "tasks.yaml").write_text(TASKS)
    return program_job


def settings(one, goal="send angry people to a person, all others by topic"):
    return Settings(llm=one.url, llm_model="m", goal=goal)


def fenced(text):
    return f"Here:\n```python\n{text}```"


def asked_for_program(turns):
    return "You write task programs" in turns[0]["content"]


def test_a_program_is_written_without_a_row_being_sent(job, server, tmp_path):
    one = server(lambda _: fenced(GOOD))
    taskset, told = sketch(load(job / "tasks.yaml"), settings(one), 60.0, Exchanges(), tmp_path)
    entry = taskset.origins["queue"]
    assert entry.competes
    assert (tmp_path / "queue.py").read_text() == GOOD
    assert "a program for queue that calls topic, mood" in told
    sent = json.dumps(one.asked)
    assert "send angry people to a person" in sent
    assert "berlin" not in sent


def test_faults_go_back_to_the_model(job, server, tmp_path):
    answers = iter(
        [
            "I would send angry people to a person.",
            fenced(GOOD.replace("def queue", "def route")),
            fenced(MISTYPED),
            fenced(GOOD),
        ]
    )
    one = server(lambda _: next(answers))
    taskset, told = sketch(load(job / "tasks.yaml"), settings(one), 60.0, Exchanges(), tmp_path)
    assert taskset.programs
    assert "wrote a program" in told
    faults = [turn["messages"][-1]["content"] for turn in one.asked[1:]]
    assert "this is no Python" in faults[0]
    assert "one function named after a task (topic, mood, queue); found route" in faults[1]
    assert "queue.py" in faults[2] or "program.py" in faults[2]
    assert "int" in faults[2]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("none", "saw no task that follows"),
        (
            fenced("import os\n\ndef queue(row):\n    return os.getcwd()\n"),
            r"wrote no task program",
        ),
        (fenced("def queue(row):\n    return 'person'\n"), "it calls no task; there are topic"),
        (fenced(GOOD.replace('"mood", row', '"moods", row')), "wrote no task program"),
        (fenced(GOOD.replace("import predict", "import ask, predict")), "neither asks nor runs"),
        (fenced(GOOD.replace('"mood", row', '"queue", row')), "wrote no task program"),
    ],
)
def test_what_is_no_program_leaves_the_tasks_as_they_were(job, server, tmp_path, answer, told):
    one = server(lambda _: answer)
    before = load(job / "tasks.yaml")
    after, said = sketch(before, settings(one), 60.0, Exchanges(), tmp_path)
    assert after == before
    assert not after.programs
    assert told in said
    assert len(one.asked) == (1 if answer == "none" else 4)


def test_nothing_is_asked_where_there_is_no_choice(job, server, tmp_path):
    one = server(lambda _: fenced(GOOD))
    alone = TASKS.splitlines(keepends=True)
    (job / "one.yaml").write_text("".join(alone[:2]))
    for source, goal in (("one.yaml", "route"), ("tasks.yaml", "")):
        found = sketch(load(job / source), settings(one, goal), 60.0, Exchanges(), tmp_path)
        assert found[1] == ""
    assert sketch(load(job / "tasks.yaml"), Settings(), 60.0, Exchanges(), tmp_path)[1] == ""
    assert one.asked == []


@pytest.mark.slow
@pytest.mark.parametrize(("text", "wins"), [(GOOD, True), (BAD, False)])
def test_it_answers_only_where_it_is_better_on_dev(job, server, text, wins):
    one = server(lambda turns: fenced(text) if asked_for_program(turns) else "no plan")
    result = polytask.run(
        job / "tasks.yaml",
        budget="90s",
        out=job / "run",
        llm=one.url,
        llm_model="m",
        goal="send angry people to a person",
        prompt_rows=0,
    )
    report = result.report
    assert "competes: true" in (job / "run" / "tasks.yaml").read_text()
    assert "wrote a program for queue" in report.language_model.chose
    said = [one for one in report.findings if one.code == "competed"]
    assert len(said) == 1
    assert said[0].where == "queue"
    assert ("it answers" in said[0].message) == wins
    assert report.tasks["queue"].recipe.startswith("Program") == wins
    assert report.tasks["queue"].value > 0.7
    answers = result.model.answer([{"text": "awful storm today"}])
    assert answers[0]["queue"] == "person"
    chosen = [task for candidate in report.candidates for task in candidate.chosen]
    assert ("queue" in chosen) != wins


def test_a_program_that_python_cannot_read_goes_back(job, server, tmp_path):
    said = iter([fenced("x = " + "-" * 200_000 + "1"), "none"])
    one = server(lambda _: next(said))
    _, told = sketch(load(job / "tasks.yaml"), settings(one), 60.0, Exchanges(), tmp_path)
    assert told == "The language model saw no task that follows from the others"
    assert "this is no Python" in one.asked[1]["messages"][-1]["content"]
