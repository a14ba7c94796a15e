from __future__ import annotations

import torch

from polytask.learning.regularising.fgm import FGM
from polytask.learning.regularising.pgd import PGD


def test_one_whole_step_is_fgm(look_at) -> None:
    look = look_at()
    one, fgm = PGD(epsilon=0.05, steps=1, step=1.0), FGM(epsilon=0.05)
    assert torch.allclose(one.answers(look).total(), fgm.answers(look).total())


def test_more_steps_lead_no_lower_within_the_same_ball(look_at) -> None:
    look = look_at()
    fgm = FGM(epsilon=0.3).answers(look).total()
    assert PGD(epsilon=0.3, steps=6, step=0.4).answers(look).total() >= 0.999 * fgm
