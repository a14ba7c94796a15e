"""Finished runs leave records, and plans take recipes from them; nothing else depends on them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import polytask
from polytask._errors import ConfigError
from polytask.knowledge import Candidate, Facts, Record
from polytask.planning.checks import check_text
from polytask.planning.writers.ladder import SETTINGS
from polytask.tasks import load, profile
from polytask.workflow.checking import VOCABULARY
from polytask.workflow.creating import create
from polytask.workflow.planning import write
from polytask.workflow.remembering import VARIABLE, earlier, store
from polytask.workflow.settings import Settings

QUICK = {"budget": "5m", "threads": 1, "dtype": "float32"}
NEW = "FineTune(epochs=9, learning_rate=0.0004)"


@pytest.fixture
def remembering(job, monkeypatch):
    """A job, with a memory that is on and empty."""
    monkeypatch.setenv(VARIABLE, "on")
    return job


@pytest.fixture
def taught(remembering):
    """A job, with a memory in which a recipe beat the ladder on a task just like its own."""
    store().add(before(remembering, {NEW: 0.9, "TfidfLinear()": 0.8}))
    return remembering


def before(job, dev, **facts):
    taskset = load(job / "tasks.yaml")
    known = replace(Facts.of(profile(taskset)["mood"]), **facts)
    done = tuple(Candidate(recipe, (0,), {0: value}, 1.0) for recipe, value in dev.items())
    return Record("0a", "before", "2026-11-30", "0.1.0", (known,), done)


def planned(job, path, **options):
    write(job / "tasks.yaml", out=path, threads=1, **options)
    return path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_finished_run_leaves_figures_alone(remembering, quick_plan, tmp_path):
    (remembering / "plan.py").write_text(quick_plan, encoding="utf-8")
    polytask.run(remembering / "plan.py", out=tmp_path / "my run", **QUICK)
    (found,) = store().records()
    assert (found.name, len(found.run), found.proposed) == ("my run", 8, ())
    kinds = {(task.kind, task.modality, task.rows, task.classes) for task in found.tasks}
    assert kinds == {("multiclass", "text", 120, 3), ("binary", "text", 120, 2)}
    assert [(one.recipe, one.tasks) for one in found.candidates] == [
        ("TfidfLinear()", (0,)),
        ("TfidfLinear()", (1,)),
    ]
    mood = found.candidates[1]
    assert 0.5 < mood.dev[1] <= 1
    text = store().path.read_text(encoding="utf-8")
    for secret in ("topic", "mood", "music", "awful", "rain", "jsonl", str(tmp_path)):
        assert secret not in text
    marker = tmp_path / "my run" / "run.json"
    said = json.loads(marker.read_text(encoding="utf-8")) | {"proposed": [NEW]}
    marker.write_text(json.dumps(said), encoding="utf-8")
    polytask.run(tmp_path / "my run", budget="6m")  # it goes on, and is still one run
    (again,) = store().records()
    assert again == replace(found, proposed=(NEW,), candidates=again.candidates)


@pytest.mark.slow
def test_what_sharing_gained_is_kept(remembering, tiny_encoder, tmp_path):
    encoder = str(tiny_encoder)
    polytask.run(remembering / "plan.py", out=tmp_path / "run", encoder=encoder, **QUICK)
    (found,) = store().records()
    joint = [one for one in found.candidates if len(one.tasks) == 2]
    (gain,) = found.gains
    assert (gain.recipe, gain.tasks) == (joint[0].recipe, (0, 1))
    best = {t: max(one.dev[t] for one in found.candidates if one.tasks == (t,)) for t in (0, 1)}
    for task in (0, 1):
        assert gain.gains[task] == pytest.approx(joint[0].dev[task] - best[task], abs=1e-4)
    assert sum(one.recipe.startswith("TfidfLinear") for one in found.candidates) == 2  # no repeat


def test_a_plan_tries_first_what_was_better_on_similar_tasks(taught, tiny_encoder, tmp_path):
    text = planned(taught, tmp_path / "plan.py", encoder=str(tiny_encoder))
    check_text(text, VOCABULARY)
    steps = [line for line in text.splitlines() if line.startswith("    (FineTune")]
    assert steps[0].startswith(f"    ({NEW}, ")
    assert text.startswith("# 1 earlier run asked; the model of them is not used: it needs runs on")
    assert "# Best on 1 of 1 similar task of earlier runs, +10.0 points there" in text
    assert text.count(NEW) == len([step for step in steps if NEW in step])


def test_the_same_knowledge_gives_the_same_plan_and_none_the_plan_of_before(
    taught, tiny_encoder, tmp_path, monkeypatch
):
    encoder = str(tiny_encoder)
    first = planned(taught, tmp_path / "1.py", encoder=encoder)
    assert planned(taught, tmp_path / "2.py", encoder=encoder) == first
    fresh = planned(taught, tmp_path / "3.py", encoder=encoder, fresh=True)
    assert NEW not in fresh
    with monkeypatch.context() as patch:
        patch.setenv(VARIABLE, "off")
        assert planned(taught, tmp_path / "4.py", encoder=encoder) == fresh
    store().forget("all")
    assert planned(taught, tmp_path / "5.py", encoder=encoder) == fresh


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ("NoLonger(epochs=3)", "unknown to this version"),
        ("FineTune(loss=CRF())", "for tasks of another kind"),
        ("KernelProbe(width=3.0)", "for images"),
        (VOCABULARY.canonical(SETTINGS["text"][0].recipe), "in the ladder"),
        ("Probe()", "a quick model"),
    ],
)
def test_recipes_that_cannot_or_need_not_be_tried_are_left_out(remembering, recipe, why):
    store().add(before(remembering, {recipe: 0.9, "TfidfLinear()": 0.8}))
    assert earlier(load(remembering / "tasks.yaml"), Settings()).hints == (), why


def test_a_run_says_what_was_proposed_to_it(taught, tiny_encoder, tmp_path):
    settings = Settings(encoder=str(tiny_encoder), threads=1)
    folder = create(taught / "tasks.yaml", "5m", tmp_path / "run", settings)
    assert folder.settings()["proposed"] == [NEW]
    assert NEW in folder.plan.read_text(encoding="utf-8")


@pytest.mark.slow
def test_off_keeps_nothing(job, quick_plan, tmp_path):
    (job / "plan.py").write_text(quick_plan, encoding="utf-8")
    polytask.run(job / "plan.py", out=tmp_path / "run", **QUICK)
    assert store().records() == []


def test_another_word_than_on_and_off_is_refused(job, monkeypatch):
    monkeypatch.setenv(VARIABLE, "perhaps")
    with pytest.raises(ConfigError, match="is on or off; found 'perhaps'"):
        earlier(load(job / "tasks.yaml"), Settings())


@pytest.mark.slow
def test_a_memory_that_cannot_be_kept_ends_no_run(remembering, quick_plan, tmp_path):
    (remembering / "plan.py").write_text(quick_plan, encoding="utf-8")
    store().path.mkdir(parents=True)
    events = []
    found = polytask.run(
        remembering / "plan.py", out=tmp_path / "run", listener=events.append, **QUICK
    )
    assert set(found.report.tasks) == {"topic", "mood"}
    assert any("is not kept for later ones" in event.get("text", "") for event in events)
