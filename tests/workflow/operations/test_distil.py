from __future__ import annotations

import pytest

from polytask._errors import ConfigError
from polytask.tasks import load
from polytask.workflow.running import run


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
    result = run(program_job / "plan.py", budget="60s", out=tmp_path / "run")
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
