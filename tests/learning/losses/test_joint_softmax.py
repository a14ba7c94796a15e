from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask.learning.looking import Look
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.joint_softmax import JointSoftmax, which_task
from polytask.learning.losses.loss import MISSING
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run


def test_value_and_gradient_by_hand() -> None:
    own, other = torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([[math.log(4.0)]])
    logits = torch.cat([own, other], dim=1).requires_grad_()  # shares 3/8, 1/8, 4/8
    loss = JointSoftmax()(logits, torch.tensor([0]))
    assert loss.item() == pytest.approx(math.log(8 / 3) / math.log(3))
    (found,) = torch.autograd.grad(loss.sum(), logits)
    expected = torch.tensor([[3 / 8 - 1, 1 / 8, 4 / 8]]) / math.log(3)
    assert torch.allclose(found, expected)


def test_it_is_the_sum_of_which_task_and_which_class() -> None:
    scores = {"a": np.random.randn(6, 3), "b": np.random.randn(6, 4)}
    logits = torch.as_tensor(np.concatenate([*scores.values()], axis=1))
    target = torch.tensor([0, 1, 2, 0, 1, 2])
    whole = JointSoftmax()(logits, target) * math.log(7)
    within = CrossEntropy()(logits[:, :3], target) * math.log(3)
    task = -torch.as_tensor(np.log(which_task(scores)[:, 0]))
    assert torch.allclose(whole, within + task)


@pytest.fixture
def looks(world, tiny):
    """Looks at a batch of each table by tasks on two of them: two on one, one on the other."""
    grade = replace(world.tasks["grade"], kind="multiclass")
    tone = replace(world.tasks["intent"], name="tone")
    tasks = [world.tasks["intent"], tone, grade]

    def made(loss, names=("intent", "tone", "grade")) -> dict[str, Look]:
        torch.manual_seed(0)
        heads = {task.name: head_for(task, tiny.dim).eval() for task in tasks if task.name in names}
        fold = world.fold
        for rows in (fold.train["talk"], fold.dev["talk"]):
            rows.targets["tone"] = rows.targets["intent"]
        run = Run(NeuralPart(tiny.eval(), heads), fold, Context(), FineTune(loss=loss))
        return {table: Look(run, [(table, np.arange(8))]) for table in run.tables}

    return made


def test_rows_of_one_table_are_no_rows_of_tasks_of_another(looks) -> None:
    found = looks(JointSoftmax())
    talk, notes = found["talk"](), found["notes"]()
    assert {t: z.shape[1] for t, z in (talk.logits | notes.logits).items()} == {
        "intent": 3 + 3,
        "tone": 3 + 3,
        "grade": 3 + 3 + 3,
    }
    plain = looks(None)["talk"]()
    assert torch.equal(talk.logits["intent"][:, :3], plain.logits["intent"])
    head = found["talk"].run.part.heads["grade"].linear.weight
    (gradient,) = torch.autograd.grad(talk.losses["intent"].sum(), head)
    assert gradient.abs().sum() > 0  # its classes are wrong answers there


@pytest.mark.parametrize("names", [("intent",), ("intent", "tone")])
def test_with_one_task_or_one_table_it_is_cross_entropy(looks, names) -> None:
    joint, plain = looks(JointSoftmax(), names)["talk"](), looks(None, names)["talk"]()
    for name in names:
        assert torch.equal(joint.losses[name], plain.losses[name])


def test_a_part_trained_with_it_tells_which_task_a_row_is_of(world, tiny_folder) -> None:
    grade = replace(world.tasks["grade"], kind="multiclass")
    context = Context(encoder=tiny_folder, dtype="float32", threads=1)
    recipe = FineTune(epochs=6, learning_rate=3e-3, batch_size=16, loss=JointSoftmax())
    part = recipe.fit([world.tasks["intent"], grade], world.fold, context)
    talk = world.fold.dev["talk"].inputs
    found = which_task(part.scores(talk, ["intent", "grade"]))
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert (found[:, 0] > 0.5).mean() > 0.9


def test_rows_without_a_label_cost_nothing() -> None:
    assert JointSoftmax()(torch.randn(1, 5), torch.tensor([MISSING])).item() == 0.0
