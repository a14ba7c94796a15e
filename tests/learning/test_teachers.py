from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning import checkpoints
from polytask.learning.losses.crf import CRF, marginals
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.tfidf_linear import TfidfLinear
from polytask.learning.regularising.mixup import Mixup
from polytask.learning.regularising.rdrop import RDrop
from polytask.learning.teachers import Teachers

if TYPE_CHECKING:
    from pathlib import Path

ALL = ("intent", "slots", "score", "about", "grade")
QUICK = FineTune(epochs=2, batch_size=16, dropout=0.0)


@pytest.fixture
def taught(world, tiny, tmp_path: Path) -> Any:
    """Students with fresh heads and, for every task, a teacher with other fresh heads."""
    student, teacher = heads(world, tiny, 0), NeuralPart(tiny, heads(world, tiny, 1))
    (tmp_path / "teacher").mkdir()
    teacher.save(tmp_path / "teacher")
    return student, teacher, dict.fromkeys(ALL, tmp_path / "teacher")


def heads(world, tiny, seed: int, loss: Any = None) -> dict[str, Any]:
    torch.manual_seed(seed)
    found = {name: head_for(world.tasks[name], tiny.dim, loss) for name in ALL}
    for name, head in found.items():
        head.fit(world.fold.train[head.task.table].targets[name])
    return found


def by_hand(kind: str, student: np.ndarray, teacher: np.ndarray) -> float:
    """The divergence of one row from its teacher, as the docstring has it."""
    if kind == "regression":
        return float((student - teacher) ** 2)
    if kind == "multilabel":
        p, q = 1 / (1 + np.exp(-student)), 1 / (1 + np.exp(-teacher))
        return float(-np.mean(q * np.log(p) + (1 - q) * np.log(1 - p)) / np.log(2))
    p, q = (np.exp(z) / np.exp(z).sum(-1, keepdims=True) for z in (student, teacher))
    return float(np.mean((q * np.log(q / p)).sum(-1)) / np.log(student.shape[-1]))


@pytest.mark.parametrize(("step", "share"), [(0, 0.0), (5, 0.5), (10, 1.0)])
@pytest.mark.parametrize("name", ALL)
def test_the_target_moves_from_teacher_to_label(world, tiny, taught, name, step, share) -> None:
    student, teacher, folders = taught
    head = student[name]
    rows = world.fold.train[head.task.table]
    row = next(i for i, target in enumerate(rows.targets[name]) if target is not None)
    teachers = Teachers(student, world.fold, folders)
    teachers.update(step, 11)
    with torch.no_grad():
        logits = head(tiny(tiny.collate(tiny.prepare(rows.inputs), [row])))
    found = teachers(name, np.array([row]), logits, torch.tensor([7.0]))
    said = np.asarray(teacher.scores(rows.inputs, [name])[name][row], dtype=np.float64)
    if name == "score":  # scores are in the unit of the target, logits are standardised
        said = (said - float(head.mean)) / float(head.scale)
    expected = by_hand(head.task.kind, logits[0].double().numpy(), said)
    assert expected > 1e-4
    assert found.tolist() == pytest.approx([share * 7.0 + (1 - share) * expected], rel=1e-4)


def test_a_mixed_target_has_the_gradient_of_the_two_losses(world, taught) -> None:
    """Cross-entropy against λ y + (1 - λ) p differs from the loss by a constant."""
    student, teacher, folders = taught
    teachers = Teachers(student, world.fold, folders)
    teachers.update(3, 11)
    logits = torch.randn(1, 3, requires_grad=True)
    label = torch.tensor([2])
    loss = torch.nn.functional.cross_entropy(logits, label, reduction="none") / np.log(3)
    (found,) = torch.autograd.grad(teachers("intent", np.array([1]), logits, loss).sum(), logits)
    said = torch.as_tensor(
        teacher.scores(world.fold.train["talk"].inputs, ["intent"])["intent"][1]
    ).softmax(0)
    target = 0.3 * torch.tensor([0.0, 0.0, 1.0]) + 0.7 * said
    assert torch.allclose(found, (logits.softmax(1) - target) / np.log(3), atol=1e-6)


def test_rows_without_a_label_are_not_taught(world, taught) -> None:
    student, _, folders = taught
    teachers = Teachers(student, world.fold, folders)
    teachers.update(0, 2)
    index = np.array([i for i, t in enumerate(world.fold.train["talk"].targets["intent"]) if not t])
    logits = torch.randn(len(index), 3, requires_grad=True)
    loss = teachers("intent", index, logits, torch.zeros(len(index)))
    loss.sum().backward()
    assert loss.tolist() == [0.0] * len(index)
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_chain_of_tags_is_taught_the_tags_of_its_tokens(world, tiny, taught) -> None:
    _, teacher, folders = taught
    chain = heads(world, tiny, 2, CRF())
    rows = world.fold.train["talk"]
    with torch.no_grad():
        logits = chain["slots"](tiny(tiny.collate(tiny.prepare(rows.inputs), [0])))
    found = Teachers(chain, world.fold, {"slots": folders["slots"]})
    found.update(0, 2)
    said = teacher.scores(rows.inputs, ["slots"])["slots"][0].astype(np.float64)
    expected = by_hand("tagging", marginals(logits)[0].double().numpy(), said)
    loss = found("slots", np.array([0]), logits, torch.zeros(1))
    assert loss.tolist() == pytest.approx([expected], rel=1e-4)


def test_a_task_without_a_teacher_keeps_its_loss(world, taught) -> None:
    student, _, _ = taught
    loss = torch.ones(1)
    assert Teachers(student, world.fold, {})("intent", np.array([0]), loss[None], loss) is loss


class Killed(Exception):  # noqa: N818
    """The process is gone."""


def fit(world, folder: str, teachers: Any, checkpoint: Path | None = None, die_after=99) -> Any:
    def emit(event) -> None:
        if event["event"] == "epoch" and event["epoch"] == die_after + 1:
            raise Killed

    tasks, fold = world.pick("intent", "slots")
    given = Context(encoder=folder, threads=1, dtype="float32", teachers=teachers, emit=emit)
    recipe = replace(QUICK, epochs=3, dropout=0.1)
    return recipe.fit(tasks, fold, replace(given, checkpoint=checkpoint))


@pytest.fixture
def control(world, tmp_path: Path) -> Path:
    """A quick control of `intent`, which needs no encoder."""
    tasks, fold = world.pick("intent")
    part = TfidfLinear().fit(tasks, fold, Context())
    part.save(tmp_path / "control")
    return tmp_path / "control"


@pytest.mark.slow
def test_training_with_teachers_is_deterministic_and_resumed_to_the_last_bit(
    world, tiny_folder, tmp_path: Path, control: Path, monkeypatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    train = partial(fit, world, tiny_folder)
    whole, alone = train({"intent": control}), train({})
    assert whole.encoder.digest() == train({"intent": control}).encoder.digest()
    assert whole.encoder.digest() != alone.encoder.digest()
    with pytest.raises(Killed):
        train({"intent": control}, tmp_path / "checkpoint", die_after=1)
    resumed = train({"intent": control}, tmp_path / "checkpoint")
    assert resumed.encoder.digest() == whole.encoder.digest()


def test_rows_that_are_mixed_cannot_be_taught(world, tiny_folder, control: Path) -> None:
    tasks, fold = world.pick("intent")
    mixing = replace(QUICK, regulariser=Mixup())
    given = Context(encoder=tiny_folder, threads=1, teachers={"intent": control})
    with pytest.raises(ConfigError, match="`teachers` answer rows as they are, and Mixup"):
        mixing.fit(tasks, fold, given)


@pytest.mark.slow
def test_passes_of_a_regulariser_are_taught_alike(world, tiny_folder, control: Path) -> None:
    tasks, fold = world.pick("intent")
    given = Context(encoder=tiny_folder, threads=1, dtype="float32")
    plain = replace(QUICK, dropout=1e-9, learning_rate=2e-3, head_learning_rate=2e-2)
    twice = replace(plain, regulariser=RDrop(alpha=1e-9))  # with hardly any dropout the same
    taught = replace(given, teachers={"intent": control})

    def fitted(recipe: FineTune, context: Context) -> Any:
        part = recipe.fit(tasks, fold, context)
        return part.scores(fold.dev["talk"].inputs, ["intent"])["intent"]

    found = fitted(plain, taught)
    same, alone = fitted(twice, taught), fitted(plain, given)
    assert np.abs(same - found).max() < 0.1 * np.abs(alone - found).max()
