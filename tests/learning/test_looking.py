from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from polytask.learning.looking import Answers, Look, averaged
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run


@pytest.fixture
def look(world, tiny) -> Look:
    torch.manual_seed(0)
    tiny.freeze(0)
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in ("intent", "slots")}
    run = Run(NeuralPart(tiny, heads), world.fold, Context(), FineTune(batch_size=8, dropout=0.1))
    tiny.set_dropout(0.1)
    tiny.train()
    return Look(run, run._batches(0)[0])


def test_a_look_gives_each_row_its_loss(look: Look) -> None:
    found = look()
    assert {task: rows.shape for task, rows in found.losses.items()} == {
        "intent": (8,),
        "slots": (8,),
    }
    for task, rows in found.losses.items():
        assert torch.equal(rows, look.loss(task, found.logits[task], found.targets[task]))
    assert torch.allclose(found.total(), sum(rows.sum() for rows in found.losses.values()))
    assert (look.tokenwise("intent"), look.tokenwise("slots")) == (False, True)


def test_chance_differs_from_look_to_look_unless_it_is_held(look: Look) -> None:
    assert look().total() != look().total()
    with look.same_chance():
        first = look().total()
    assert torch.equal(first, look().total())


def test_moved_words_and_what_stands_between_are_read(look: Look) -> None:
    words = look.words()
    assert [w.shape[:2] for w in words] == [h.shape[:2] for h in look.hidden]
    assert all(max(n) == w.shape[1] for n, w in zip(look.lengths(), words, strict=True))
    with look.same_chance():
        plain = look()
    with look.same_chance():
        assert torch.equal(look(words).total(), plain.total())
    moved = look([word + 1.0 for word in words])
    assert not torch.equal(moved.total(), plain.total())
    blind = look(between=lambda given: replace(given, vector=given.vector * 0))
    bias = look.run.part.heads["intent"].linear.bias
    assert torch.allclose(blind.logits["intent"], bias.expand(8, -1))
    assert blind.features[0].vector.any()  # as the encoder gave them


def test_several_looks_pay_in_the_mean_and_show_all_features(look: Look) -> None:
    one, two = look(), look()
    both = averaged([one, two])
    for task, rows in both.losses.items():
        assert torch.allclose(rows, (one.losses[task] + two.losses[task]) / 2)
    assert both.features == [*one.features, *two.features]
    assert both.logits is one.logits
    assert isinstance(both, Answers)
