from __future__ import annotations

import torch
from torch import nn

from polytask.learning.transfer.course import Course, Mean, Opening


def test_by_default_nothing_happens() -> None:
    course = Course()
    course.begin(0)
    course.update(0)
    with course.answering():
        pass
    course.finish()
    assert not [*course.parameters(), *course.buffers()]


def test_layers_are_opened_from_the_top_and_all_count_as_trained_in_the_end() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    strata = [[model[0].weight], [model[1].weight]]
    course = Opening(model, strata, lambda epoch: epoch)
    found = []
    for epoch in range(4):
        model.train()
        course.begin(epoch)
        found.append(([p.requires_grad for p in model.parameters()], model.training))
    closed = ([False, False], False)
    assert found == [closed, ([False, True], True), ([True, True], True), ([True, True], True)]
    course.begin(0)
    course.finish()
    assert all(p.requires_grad for p in model.parameters())


def test_a_mean_goes_on_from_its_buffers() -> None:
    number = torch.zeros(1)
    first = Mean([number], first=1)
    for step, value in enumerate((9.0, 1.0, 3.0)):
        number.fill_(value)
        first.update(step)
    again = Mean([number], first=1)
    again.load_state_dict(first.state_dict())
    number.fill_(8.0)
    again.update(3)
    with again.answering():
        assert number.item() == 4.0  # of 1, 3 and 8
    assert number.item() == 8.0
