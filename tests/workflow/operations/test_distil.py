from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.planning.programs import Doors
from polytask.planning.programs import run as answer_by
from polytask.tasks import load
from polytask.workflow.programming import programs
from polytask.workflow.running import run

DESK = Path(__file__).parents[3] / "examples/desk"
PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""


@pytest.mark.slow
def test_a_program_is_distilled_where_the_head_is_no_worse(program_job, tmp_path):
    text = (
        (program_job / "tasks.yaml")
        .read_text()
        .replace("target: escalate,", "target: escalate, distil: true,")
    )
    (program_job / "tasks.yaml").write_text(
        text.replace("target: queue,", "target: queue, distil: true,")
    )
    # What a head cannot do better: the program is right wherever the labels are, by their words.
    (program_job / "programs/escalate.py").write_text(
        "import re\n\ndef escalate(row):\n"
        "    return 'yes' if re.search('awful|poor|sad', row['text']) else 'no'\n"
    )
    said = (
        (program_job / "programs/triage.py")
        .read_text()
        .replace("def route(row):", "def route(row):\n    return {'queue': 'food'}")
    )
    (program_job / "programs/triage.py").write_text(said)
    result = run(program_job / "plan.py", budget="2m", out=tmp_path / "run")
    told = {one.where: one.message for one in result.report.findings if one.code == "distilled"}
    assert "so it answers instead" in told["triage"]  # one label for all is soon learned
    assert "learned the answers of its program on 300 rows" in told["triage"]
    assert "against 1.000 of the program" in told["escalate"]
    taken = "instead" in told["escalate"]
    assert result.report.tasks["escalate"].recipe.startswith(
        ("TfidfLinear", "Probe") if taken else "Program"
    )
    stored = load(tmp_path / "run/tasks.yaml").origins
    assert stored["triage"].distil
    with pytest.raises(ConfigError, match="`distil` is true or false"):
        (program_job / "tasks.yaml").write_text(
            (program_job / "tasks.yaml")
            .read_text()
            .replace("target: mood", "target: mood, distil: true")
        )
        load(program_job / "tasks.yaml")


@pytest.mark.slow
def test_the_desk_of_the_examples_is_distilled(tmp_path):
    job = tmp_path / "desk"
    shutil.copytree(DESK, job)
    rows = job / "requests/train.parquet"
    pl.read_parquet(rows)[:600].write_parquet(rows)
    (job / "plan.py").write_text(PLAN)
    result = run(job / "plan.py", budget="2m", out=tmp_path / "run")
    (told,) = (one.message for one in result.report.findings if one.code == "distilled")
    assert "learned the answers of its program on 595 rows" in told  # five stand in dev or test
    assert told.endswith("no worse, so it answers instead")
    assert result.report.tasks["desk"].recipe == "TfidfLinear()"
    assert not any(hasattr(part, "answers") for part in result.model.parts.values())


def test_the_desks_are_those_that_the_program_names_when_told_the_intents():
    program = programs(load(DESK / "tasks.yaml"))["desk"]
    found = pl.read_parquet(DESK / "requests/test.parquet")
    intents = {" ".join(row["tokens"]): row["intent"] for row in found.iter_rows(named=True)}

    def told(_, values):
        named = [intents[" ".join(value["tokens"])] for value in values]
        return [{"label": name, "probability": 1.0} for name in named]

    rows = [{"tokens": tokens} for tokens in found["tokens"].to_list()]
    answers = answer_by(program, rows, Doors(told))
    assert [one.value["desk"] for one in answers] == found["desk"].to_list()
