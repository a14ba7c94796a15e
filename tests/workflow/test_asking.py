"""Recipes that a task file asks for: made canonical, or refused before anything is trained."""

from __future__ import annotations

from dataclasses import replace

import pytest

import polytask
from polytask._errors import ConfigError
from polytask.tasks import load
from polytask.tasks.task import Column, Task
from polytask.workflow.asking import asked, check_losses
from polytask.workflow.checking import check_plan

ROWS = [{"text": f"{w} day {i}", "mood": w} for i in range(30) for w in ("good", "bad")]


@pytest.fixture(scope="module")
def moods():
    return load(ROWS)


def test_recipes_are_given_in_one_form(moods):
    written = ("FineTune(epochs=3, balancer='PCGrad')", "FineTune(loss=Focal(gamma=1.0))")
    assert asked(replace(moods, recipes=written)) == (
        "FineTune(balancer=PCGrad())",
        "FineTune(loss=Focal(gamma=1.0))",
    )
    assert asked(moods) == ()


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ("FineTunes()", "Unknown recipe 'FineTunes': did you mean 'FineTune'"),
        ("FineTune(epoch=3)", "FineTune has no argument 'epoch': did you mean 'epochs'"),
        ("FineTune(balancer=PCgrad())", "Unknown balancer 'PCgrad': did you mean 'PCGrad'"),
        ("FineTune(epochs=0)", "`epochs` is a whole number of at least 1; found 0"),
        ("FineTune(transfer=LoRA(), embeddings=True)", "LoRA .*`embeddings`"),
        ("FineTune(transfer=LPFT(), epochs=1)", "`probing` 1 .*`epochs` 1"),
        ("KernelProbe()", r"KernelProbe\(\) is for tasks on image; found text"),
        ("FineTune(image_size=128)", "is for tasks on image; found text"),
        ("FineTune(loss=CRF())", r"a loss for tagging tasks; found mood \(binary\)"),
        ("FineTune(transfer=AdapterFusion())", r"`transfer=Bottleneck\(\)`.* as `start`"),
        ("FineTune(transfer=AdapterFusion(sources='mood'))", "a list of names.* found 'mood'"),
        ("FineTune(dropout=0.0, loss=Focal(gamma='a'))", "wrong type .*It takes gamma: float"),
    ],
)
def test_what_could_not_be_trained_is_refused(moods, recipe, told):
    with pytest.raises(ConfigError, match=f"memory: `recipes`: .*{told}"):
        asked(replace(moods, recipes=(recipe,)))


@pytest.fixture(scope="module")
def mixed_tasks():
    """A task on text, one on its tokens, one on images."""
    text = Task("mood", "d", (Column("text"),), "mood", "binary", "accuracy", ("bad", "good"))
    tags = replace(text, name="tags", kind="tagging", inputs=(Column("words", tokens=True),))
    scan = replace(text, name="scan", inputs=(Column("file", "image"),))
    return {task.name: task for task in (text, tags, scan)}


@pytest.mark.parametrize(
    ("recipe", "names", "told"),
    [
        ("FineTune(regulariser=Mixup())", ["tags"], r"found only tags \(tagging\)"),
        ("FineTune(regulariser=FGM())", ["scan"], "FGM .*scan"),
        ("FewShot()", ["tags"], "FewShot learns .* 'tags' is tagging"),
        ("SimCSE()", ["scan"], "SimCSE reads texts; 'scan' reads image"),
        ("MaskedTokens()", ["scan"], "MaskedTokens reads texts; 'scan' reads image"),
        ("FineTune(sampling=Curriculum())", ["scan"], "Curriculum .*scan on image"),
        ("FineTune(regulariser=FGM(), image_size=64)", ["mood", "scan"], "FGM .*scan"),
    ],
)
def test_parts_that_suit_no_task_are_refused(moods, mixed_tasks, recipe, names, told):
    tasks = {name: mixed_tasks[name] for name in names}
    with pytest.raises(ConfigError, match=f"memory: `recipes`: .*{told}"):
        asked(replace(moods, tasks=tasks, recipes=(recipe,)))


def test_a_main_task_that_is_none_is_held_against_all(moods, mixed_tasks):
    tasks = {name: mixed_tasks[name] for name in ("mood", "tags")}
    recipes = ("FineTune(sampling=AutoSeM(main='moods'))",)
    with pytest.raises(ConfigError, match="found `main` 'moods' and mood, tags"):
        asked(replace(moods, tasks=tasks, recipes=recipes))


def test_joint_losses_of_tasks_are_refused_where_each_has_its_own_pass(moods, mixed_tasks):
    mood = replace(mixed_tasks["mood"], loss="JointSoftmax()")
    recipes = ("FineTune(transfer=Bottleneck())",)
    assert asked(replace(moods, tasks={"mood": mood}, recipes=recipes)) == recipes
    tasks = {"mood": mood, "topic": replace(mood, name="topic", table="e")}
    told = r"`transfer` Bottleneck .*`loss` of mood \(JointSoftmax.* and topic \(Joint"
    with pytest.raises(ConfigError, match=told):
        asked(replace(moods, tasks=tasks, recipes=recipes))


@pytest.mark.parametrize(
    "recipe", ["FineTune(regulariser=Mixup())", "FineTune(sampling=Curriculum())"]
)
def test_parts_that_suit_some_task_are_tried_on_it(moods, mixed_tasks, recipe):
    assert asked(replace(moods, tasks=mixed_tasks, recipes=(recipe,))) == (recipe,)


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("Focl()", "Unknown loss 'Focl': did you mean 'Focal'"),
        ("Focal(gama=1)", "Focal has no argument 'gama': did you mean 'gamma'"),
        ("Focal(gamma=-1)", "`gamma` is at least 0; found -1"),
        ("CRF()", r"CRF\(\) is for tagging tasks, and this one is binary; .* CrossEntropy, Focal"),
    ],
)
def test_a_loss_that_a_task_cannot_have_is_refused(moods, loss, told):
    tasks = {"mood": replace(moods["mood"], loss=loss)}
    with pytest.raises(ConfigError, match=f"memory: task 'mood': `loss`: {told}"):
        asked(replace(moods, tasks=tasks))


def test_a_loss_for_the_kind_of_its_task_is_taken(moods):
    check_losses(replace(moods, tasks={"mood": replace(moods["mood"], loss="Focal(gamma=1.0)")}))


def test_an_unknown_loss_is_refused_with_the_plan(job):
    (plan,) = polytask.plan(job / "tasks.yaml", out=job / "made.py", threads=1)
    text = (job / "tasks.yaml").read_text(encoding="utf-8")
    wrong = text.replace("target: topic", "target: topic, loss: Focl()")
    assert wrong != text
    (job / "tasks.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"Task 'topic': `loss`: .*did you mean 'Focal'"):
        check_plan(plan)


def test_a_plan_tries_what_the_task_file_asks_for(job, tmp_path):
    text = (job / "tasks.yaml").read_text(encoding="utf-8")
    (job / "asking.yaml").write_text(f"recipes: [Probe]\n{text}", encoding="utf-8")
    (plan,) = polytask.plan(job / "asking.yaml", out=job / "asking.py", threads=1)
    check_plan(plan)
    (job / "wrong.yaml").write_text(f"recipes: [Prob]\n{text}", encoding="utf-8")
    with pytest.raises(ConfigError, match="did you mean 'Probe'"):
        polytask.plan(job / "wrong.yaml", out=tmp_path / "plan.py", threads=1)
