from __future__ import annotations

from polytask.learning.observing.observer import Change, Seen
from polytask.learning.observing.plateau import Plateau


def test_rates_fall_after_as_many_epochs_as_patience_says() -> None:
    plateau = Plateau(patience=2, factor=0.1)
    assert plateau.look(Seen(9, [0.7, 0.7], [], [])) is None
    change = plateau.look(Seen(9, [0.7, 0.7, 0.69], [], []))
    assert change == Change(
        "dev at 69.0 has not passed its best, 70.0, for 2 of 3 epochs: learning rates × 0.1",
        rate=0.1,
    )


def test_after_a_change_it_waits_again() -> None:
    changes = [(3, Change("", rate=0.5))]
    assert Plateau(patience=2).look(Seen(9, [0.7, 0.6, 0.6, 0.6], [], [], changes)) is None
