"""Language models on the command line: refused with the way out, used by `plan` and `run`."""

from __future__ import annotations

import json

import pytest

ROWS = [{"text": f"{w} day {i}", "mood": w} for i in range(30) for w in ("good", "bad")]
PLAN = """\
from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {task: train([task], TfidfLinear(strength=30.0))["part"] for task in t}
finish(combine(parts, parts))
"""


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--llm", "weights.gguf"], "`llm` names a GGUF file, and there is none at"),
        (["--llm", "smollm2"], r"weights 'smollm2' \(93 MB\) are not here: polytask weights get"),
        (["--llm", "olama", "--llm-model", "m"], "ollama"),
        (["--llm", "ollama"], "--llm-model"),
        (["--goal", "moods"], "`goal` is for a language model"),
        (["--llm", "ollama", "--llm-model", "m", "--llm-tokens", "0"], "`llm_tokens` is 1 or more"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "run"])
def test_what_is_no_language_model_is_refused_before_anything_is_made(
    polytask, data, tmp_path, command, options, message
):
    polytask(command, str(data), *options, "--out", str(tmp_path / "made")).refuses(message)
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
def test_plan_asks_the_model_and_writes_its_plan_into_the_built_in_one(
    polytask, data, tmp_path, server
):
    one = server(lambda _: f"```python\n{PLAN}```")
    out = tmp_path / "new" / "plan.py"
    options = ["--llm", one.url, "--llm-model", "m", "--out", str(out)]
    told = r"run it: .* --llm .* --llm-model m$"
    polytask("plan", str(data), *options).succeeds("wrote .*plan.py", told)
    assert "TfidfLinear(strength=30.0)" in out.read_text()
    assert len(one.asked) == 1
