"""Programs of finished runs: they read well, run without polytask, and find the same figures."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from polytask._errors import ConfigError, OutputError
from polytask.workflow import scripting
from polytask.workflow.scripting import script, verify

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """from polytask.plan import {name}, combine, finish, tasks, train

t = tasks("tasks.yaml")
part = train({tasks}, {recipe})["part"]
finish(combine({{name: part for name in {tasks}}}, {{}}))
"""


def ran(job, folder, recipe, tasks, encoder=""):
    """A run of one recipe on `tasks` of a job."""
    import polytask

    name = recipe.partition("(")[0]
    plan = PLAN.format(name=name, recipe=recipe, tasks=json.dumps(tasks))
    (job / "plan.py").write_text(plan, encoding="utf-8")
    options = {"budget": "5m", "threads": 1, "dtype": "float32"}
    return polytask.run(job / "plan.py", out=folder / "run", encoder=encoder, **options)


def reads_well(path: Path) -> None:
    """Assert what every program keeps: its size, no polytask, ruff's rules, types."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 400
    names = [
        getattr(node, "module", None) or node.names[0].name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert names
    assert not any(name.startswith("polytask") for name in names)
    assert max(map(len, text.splitlines())) <= 100
    for tool, *words in (
        ("ruff", "check", "--isolated", "--no-cache"),
        ("ruff", "format", "--isolated", "--no-cache", "--check", "--line-length", "100"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", tool, *words, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "tasks"),
    [
        ("FineTune(epochs=2, learning_rate=1e-3, batch_size=16)", ["topic"]),
        ("FineTune(epochs=2, learning_rate=1e-3, batch_size=16)", ["topic", "mood"]),
        ("TopLayers(layers=1, epochs=2)", ["mood"]),
        ("Probe()", ["mood"]),
        ("TfidfLinear()", ["topic"]),
    ],
)
def test_a_program_finds_the_figures_of_the_run(job, tmp_path, tiny_encoder, recipe, tasks):
    result = ran(job, tmp_path, recipe, tasks, str(tiny_encoder))
    path = script(result.path)
    reads_well(path)
    found = verify(result.path, path)
    assert [one.task for one in found] == tasks
    exact = recipe.startswith(("FineTune", "Tfidf"))
    allowed = {"identical"} if exact else {"identical", "within"}
    assert {one.verdict for one in found} <= allowed, found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "recipe"),
    [
        ("words", "FineTune(epochs=2, learning_rate=1e-3)"),
        ("words", "Probe()"),
        ("themes", "FineTune(epochs=2, learning_rate=1e-3)"),
        ("themes", "Probe()"),
        ("themes", "TfidfLinear()"),
        ("length", "FineTune(epochs=2, learning_rate=1e-3)"),
        ("length", "Probe()"),
        ("length", "TfidfLinear()"),
        ("topic", "TfidfLinear()"),
    ],
)
def test_programs_are_there_for_every_kind(mixed, tmp_path, tiny_encoder, task, recipe):
    job = shutil.copytree(mixed.job, tmp_path / "job")
    result = ran(job, tmp_path, recipe, [task], str(tiny_encoder))
    path = script(result.path, out=tmp_path / "program.py")
    reads_well(path)
    assert verify(result.path, path)[0].verdict in ("identical", "within")


@pytest.mark.slow
def test_programs_have_types(job, tmp_path, tiny_encoder):
    result = ran(job, tmp_path, "FineTune(epochs=1)", ["topic"], str(tiny_encoder))
    command = [sys.executable, "-m", "mypy", "--config-file=", "--ignore-missing-imports"]
    command += ["--follow-imports=silent", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*command, str(script(result.path))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_what_was_trained_apart_is_written_apart(finished, tmp_path):
    with pytest.raises(ConfigError, match="with --task"):
        script(finished.path, out=tmp_path / "program.py")
    with pytest.raises(ConfigError, match="no task 'topics'"):
        script(finished.path, task="topics")
    assert script(finished.path, task="topic", out=tmp_path / "topic.py").is_file()


@pytest.mark.slow
def test_what_cannot_be_written_is_refused(mixed, finished, tmp_path):
    with pytest.raises(ConfigError, match="TfidfLinear of the tagging task"):
        script(mixed.path, task="words")
    (tmp_path / "there.py").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="was not touched"):
        script(finished.path, task="topic", out=tmp_path / "there.py")


def test_folds_are_refused_with_the_way_out():
    from types import SimpleNamespace

    from polytask.tasks import load

    rows = [{"text": f"a {w} day {i}", "mood": w} for i in range(30) for w in ("good", "bad")]
    tasks = {"mood": SimpleNamespace(windowed=0)}
    result = SimpleNamespace(report=SimpleNamespace(tasks=tasks))
    facts = {"recipe": "Probe()", "tasks": ["mood"]}
    with pytest.raises(
        ConfigError,
        match=r"Probe\(\) of mood: .*judged in 5 folds.*Name files for .*`split: NAME`",
    ):
        scripting._check_history(result, facts, load(rows, targets=["mood"]))
    fixed = [{**row, "split": ("train", "dev", "test")[i % 3]} for i, row in enumerate(rows)]
    scripting._check_history(result, facts, load(fixed, targets=["mood"]))


@pytest.mark.slow
def test_other_methods_are_refused(job, tmp_path, tiny_encoder):
    recipe = "FineTune(epochs=1, schedule='cosine', optimiser='sgd')"
    result = ran(job, tmp_path, recipe, ["topic"], str(tiny_encoder))
    with pytest.raises(ConfigError, match="`optimiser` 'sgd'"):
        script(result.path)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.weights("image")
def test_two_tasks_on_scans_are_one_program(shared, tmp_path):
    """CT of the head and MRI of the brain, in one model."""
    splits = ("train", "dev", "test")
    lines = ["tasks:"]
    for task, name in (("ct", "head_ct"), ("mri", "brain_mri")):
        files = ", ".join(f"{split}: {shared / name / split}.parquet" for split in splits)
        lines.append(f"  {task}: {{data: {{{files}}}, input: image, target: label}}")
    (tmp_path / "tasks.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = ran(tmp_path, tmp_path, "FineTune(epochs=2, image_size=96)", ["ct", "mri"])
    path = script(result.path)
    reads_well(path)
    assert {one.verdict for one in verify(result.path, path)} <= {"identical", "within"}
