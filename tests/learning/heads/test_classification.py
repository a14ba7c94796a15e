from __future__ import annotations

from dataclasses import replace

from polytask.learning.heads.classification import Classification
from polytask.learning.losses.loss import MISSING


def test_labels_become_their_numbers_and_strangers_are_missing(world) -> None:
    head = Classification(world.tasks["intent"], 4)
    found = head.encode(["rating", "music", "never seen", None])
    assert [int(number) for number in found] == [2, 0, MISSING, MISSING]


def test_a_label_called_none_is_no_missing_one(world) -> None:
    task = replace(world.tasks["intent"], labels=("None", "other"))
    assert [int(n) for n in Classification(task, 4).encode(["None", None])] == [0, MISSING]
