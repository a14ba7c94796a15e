from __future__ import annotations

import torch

from polytask.learning.regularising.adversarial import Ball
from polytask.learning.regularising.divergence import divergence
from polytask.learning.regularising.vat import VAT


def change(look, moves, ball) -> float:
    plain, moved = look(), ball.ask(moves)
    logits, target = plain.logits["intent"], plain.targets["intent"]
    return divergence(logits, moved.logits["intent"], target).sum().item()


def test_its_direction_changes_answers_more_than_chance_does(look_at) -> None:
    look = look_at("intent")
    torch.manual_seed(0)
    found = VAT(epsilon=0.05).answers(look).total() - look().total()
    ball = Ball(look, 0.05)
    by_chance = [change(look, ball.random(), ball) for _ in range(10)]
    assert found.item() > 2 * max(by_chance)


def test_alpha_is_what_the_change_costs(look_at) -> None:
    look, extra = look_at("intent"), []
    for alpha in (1.0, 3.0):
        torch.manual_seed(0)
        extra.append(VAT(alpha=alpha).answers(look).total() - look().total())
    assert torch.allclose(extra[1], 3 * extra[0], rtol=1e-3)


def test_dropout_alone_changes_nothing(look_at) -> None:
    look = look_at("intent", dropout=0.5)
    torch.manual_seed(0)
    found = VAT(epsilon=1e-6).answers(look)
    torch.manual_seed(0)
    ball = Ball(look, 1e-6)
    ball.random()
    assert torch.allclose(found.total(), look().total(), atol=1e-4)


def test_what_is_held_fixed_gives_no_gradient(look_at) -> None:
    """At unmoved words the change is least, and so has no slope."""
    look = look_at("intent")
    plain = look()
    logits, target = plain.logits["intent"], plain.targets["intent"]
    fixed = divergence(logits.detach(), logits, target).sum()
    weight = look.run.part.heads["intent"].linear.weight
    assert torch.autograd.grad(fixed, weight)[0].abs().max() < 1e-5
