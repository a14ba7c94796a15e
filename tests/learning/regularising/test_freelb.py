from __future__ import annotations

import torch

from polytask.learning.looking import Answers
from polytask.learning.regularising.adversarial import Ball
from polytask.learning.regularising.freelb import FreeLB


def test_it_is_the_mean_over_the_way_up(look_at) -> None:
    look, every = look_at(), []
    torch.manual_seed(3)
    found = FreeLB(epsilon=0.05, steps=3, step=0.5).answers(look)
    torch.manual_seed(3)
    ball = Ball(look, 0.05)
    moves = ball.random(0.5)
    for _ in range(3):
        answers, moves = ball.climb(moves, Answers.total, 0.5)
        every.append(answers.total())
    assert torch.allclose(found.total(), torch.stack(every).mean())
    assert every == sorted(every)


def test_one_pass_is_a_random_move(look_at) -> None:
    look = look_at()
    torch.manual_seed(3)
    found = FreeLB(epsilon=0.05, steps=1).answers(look)
    torch.manual_seed(3)
    ball = Ball(look, 0.05)
    assert torch.equal(found.total(), ball.ask(ball.random(0.5)).total())
