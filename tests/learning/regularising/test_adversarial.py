from __future__ import annotations

import pytest
import torch

from polytask.learning.looking import Answers
from polytask.learning.regularising.adversarial import Ball

LENGTH = (1, 2)


@pytest.mark.parametrize("embeddings", [False, True])
def test_unmoved_words_answer_as_the_plain_batch(look_at, embeddings: bool) -> None:
    look = look_at(embeddings=embeddings)
    ball = Ball(look, 0.1)
    assert torch.allclose(ball.ask(ball.centre()).total(), look().total(), atol=1e-5)


def test_a_step_goes_along_the_gradient_by_finite_differences(look_at) -> None:
    look = look_at("intent", "slots")
    ball = Ball(look, 0.05)
    _, moves = ball.climb(ball.centre(), Answers.total)
    row, size = 1, 0.02
    places = torch.nonzero(ball.places[0][row, :, 0]).flatten()
    slope = []
    generator = torch.Generator().manual_seed(0)
    index = [
        (int(places[i % len(places)]), int(torch.randint(32, (), generator=generator)))
        for i in range(40)
    ]
    with torch.no_grad():
        for at in index:
            ends = []
            for sign in (1, -1):
                move = ball.centre()
                move[0][row, at[0], at[1]] = sign * size
                ends.append(ball.ask(move).total().item())
            slope.append((ends[0] - ends[1]) / (2 * size))
    found = torch.stack([moves[0][row, at[0], at[1]] for at in index])
    numeric = torch.tensor(slope)
    likeness = torch.nn.functional.cosine_similarity(found, numeric, dim=0)
    assert likeness > 0.999


@pytest.mark.parametrize("epsilon", [0.01, 0.3])
def test_a_step_has_the_stated_length_and_leaves_padding_alone(look_at, epsilon: float) -> None:
    ball = Ball(look_at("slots"), epsilon)
    _, moves = ball.climb(ball.centre(), Answers.total)
    for move, words, places in zip(moves, ball.words, ball.places, strict=True):
        expected = epsilon * (words * places).norm(dim=LENGTH)
        assert torch.allclose(move.norm(dim=LENGTH), expected, rtol=1e-4)
        assert not (move * (1 - places)).any()
    assert any((1 - places).any() for places in ball.places)


def test_a_row_that_costs_nothing_stays(look_at) -> None:
    look = look_at("intent")
    free = look().losses["intent"] == 0
    assert free.any()
    ball = Ball(look, 0.05)
    _, (move,) = ball.climb(ball.centre(), Answers.total)
    assert not move[free].any()
    assert move[~free].flatten(1).any(1).all()


def test_moves_are_cut_back_to_the_ball(look_at) -> None:
    ball = Ball(look_at("intent"), 0.05)
    near, far = ball.within(ball.random(0.5)), ball.within(ball.random(7.0))
    for share, moves in ((0.5, near), (1.0, far)):
        for move, radius in zip(moves, ball.radii, strict=True):
            assert torch.allclose(move.norm(dim=LENGTH), share * radius[:, 0, 0], rtol=1e-4)


def test_the_gradient_of_training_reaches_all_that_is_trained(look_at) -> None:
    look = look_at(embeddings=True)
    ball = Ball(look, 0.05)
    plain, moves = ball.climb(ball.centre(), Answers.total)
    for answers in (plain, ball.ask(moves)):
        table = look.encoder.model.get_input_embeddings()
        (found,) = torch.autograd.grad(answers.total(), [table.rows], retain_graph=True)
        assert found.any()
