from __future__ import annotations

from polytask.learning.observing.observer import Seen
from polytask.learning.observing.thaw import Thaw


def test_more_layers_open_once_an_epoch_gains_too_little() -> None:
    assert Thaw().look(Seen(9, [0.7], [], [])) is None
    assert Thaw().look(Seen(9, [0.7, 0.71], [], [])) is None
    change = Thaw(layers=3).look(Seen(9, [0.7, 0.703], [], []))
    assert change is not None
    assert change.layers == 3
    assert change.reason == "dev gained 0.3 points: 3 more layers are trained"
