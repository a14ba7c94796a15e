from __future__ import annotations

import torch

from polytask.learning.looking import Answers
from polytask.learning.regularising.adversarial import Ball
from polytask.learning.regularising.fgm import FGM


def test_it_is_the_mean_of_the_loss_here_and_one_step_up(look_at) -> None:
    look = look_at()
    found, plain = FGM(epsilon=0.05).answers(look), look()
    ball = Ball(look, 0.05)
    _, moves = ball.climb(ball.centre(), Answers.total)
    moved = ball.ask(moves)
    for task, rows in plain.losses.items():
        assert torch.allclose(found.losses[task], (rows + moved.losses[task]) / 2, atol=1e-6)
    assert moved.total() > plain.total()


def test_with_next_to_no_move_it_is_the_plain_loss(look_at) -> None:
    look = look_at()
    assert torch.allclose(FGM(epsilon=1e-7).answers(look).total(), look().total(), atol=1e-4)
