from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.regularising.mixup import Mixup, mixed


def test_with_all_of_a_row_it_is_the_plain_loss(look_at) -> None:
    look = look_at()
    found, plain = mixed(look, 1.0, 3), look()
    assert all(torch.equal(found.losses[task], rows) for task, rows in plain.losses.items())


def test_with_nothing_of_a_row_it_is_the_plain_loss_of_its_partner(look_at) -> None:
    look = look_at()
    found, plain = mixed(look, 0.0, 1), look()
    for task, rows in plain.losses.items():
        expected = rows if task == "slots" else rows.roll(2, 0)
        assert torch.allclose(found.losses[task], expected, atol=1e-6)


def test_in_between_heads_read_the_mean_vector(look_at) -> None:
    look = look_at("intent", "slots")
    found, plain = mixed(look, 0.25, 0), look()
    head, vector = look.run.part.heads["intent"], plain.features[0].vector
    logits = head.linear(0.25 * vector + 0.75 * vector.roll(1, 0))
    own, target = look.loss("intent", logits, plain.targets["intent"]), plain.targets["intent"]
    expected = 0.25 * own + 0.75 * look.loss("intent", logits, target.roll(1, 0))
    assert torch.allclose(found.losses["intent"], expected)
    assert torch.allclose(found.losses["slots"], plain.losses["slots"])


@pytest.mark.parametrize("shift", range(9))
def test_no_row_is_its_own_partner(look_at, shift: int) -> None:
    look = look_at("intent")
    plain = look().losses["intent"]
    found = mixed(look, 0.0, shift).losses["intent"]
    moved = 1 + shift % 7
    assert moved % len(plain) != 0
    assert torch.allclose(found, plain.roll(moved, 0), atol=1e-6)


def test_shares_are_drawn_evenly_at_one_and_at_the_ends_near_nothing(monkeypatch) -> None:
    shares = []
    monkeypatch.setattr(
        "polytask.learning.regularising.mixup.mixed",
        lambda _, share, __: shares.append(share),
    )
    torch.manual_seed(0)
    for _ in range(300):
        Mixup(alpha=1.0).answers(None)
    assert abs(torch.tensor(shares).mean().item() - 0.5) < 0.05
    shares.clear()
    for _ in range(100):
        Mixup(alpha=0.01).answers(None)
    assert sum(min(s, 1 - s) > 0.05 for s in shares) < 10


def test_tags_alone_are_refused(world) -> None:
    with pytest.raises(ConfigError, match=r"Mixup mixes rows.*found only slots \(tagging\)"):
        Mixup().suits([world.tasks["slots"]])
    Mixup().suits([world.tasks["slots"], world.tasks["intent"]])
