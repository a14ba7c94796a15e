from __future__ import annotations

import itertools
import math

import pytest
import torch

from polytask.learning.losses.crf import CRF, marginals
from polytask.learning.losses.loss import MISSING

STEPS, TAGS = 4, 3
EVERY = list(itertools.product(range(TAGS), repeat=STEPS))


def potentials() -> torch.Tensor:
    return torch.randn(STEPS, TAGS, TAGS, dtype=torch.double)


def score(given: torch.Tensor, tags: tuple[int, ...]) -> torch.Tensor:
    return sum(given[t, tags[t - 1] if t else 0, tag] for t, tag in enumerate(tags))


def brute(given: torch.Tensor, label: list[int]) -> float:
    """The loss by all tag sequences there are."""
    scores = {tags: score(given, tags).exp() for tags in EVERY}
    right = [
        value
        for tags, value in scores.items()
        if all(want in (MISSING, tag) for want, tag in zip(label, tags, strict=True))
    ]
    likelihood = sum(right) / sum(scores.values())
    count = sum(want != MISSING for want in label)
    return -math.log(likelihood) / (count * math.log(TAGS))


@pytest.mark.parametrize("label", [[0, 2, 1, 1], [MISSING, 2, MISSING, 0], [1, *[MISSING] * 3]])
def test_loss_is_that_of_all_sequences(label: list[int]) -> None:
    given = potentials()
    found = CRF()(given[None], torch.tensor([label])).item()
    assert found == pytest.approx(brute(given, label), rel=1e-9)


def test_marginals_are_those_of_all_sequences() -> None:
    given = potentials()
    expected = torch.zeros(STEPS, TAGS, dtype=torch.double)
    for tags in EVERY:
        for t, tag in enumerate(tags):
            expected[t, tag] += score(given, tags).exp()
    expected /= expected.sum(1, keepdim=True)
    assert torch.allclose(marginals(given[None])[0].exp(), expected)
