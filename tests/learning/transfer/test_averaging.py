from __future__ import annotations

import pytest
import torch

from polytask.learning import checkpoints
from polytask.learning.transfer.averaging import Averaging


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_the_average_is_the_mean_of_its_weights(started, start: float) -> None:
    run = started(Averaging(start=start), epochs=2, learning_rate=1e-2)
    steps, seen = run.steps_an_epoch, []
    for epoch in range(2):
        run.course.begin(epoch)
        for step, batch in enumerate(run._batches(epoch), start=epoch * steps):
            run.update(batch, step)
            if step >= round(start * 2 * steps):
                seen.append([number.detach().clone() for number in run.trained])
        run.progress.epoch += 1
        run.step(1.0 + epoch)
    assert len(seen) > 2
    last = [number.detach().clone() for number in run.trained]
    run.finish()
    for place, number in enumerate(run.trained):
        expected = torch.stack([numbers[place].double() for numbers in seen]).mean(0)
        assert torch.allclose(number.double(), expected, atol=1e-6)
    assert not all(torch.equal(a, b) for a, b in zip(run.trained, last, strict=True))


def test_dev_sees_the_average_and_training_goes_on_from_the_weights(started) -> None:
    run = started(Averaging(start=0.0), learning_rate=1e-2)
    with run.course.answering():
        untrained = run.trained[0].detach().clone()
    assert torch.equal(run.trained[0], untrained)  # nothing to average yet
    run.epoch()
    before = [number.detach().clone() for number in run.trained]
    with run.course.answering():
        assert not torch.equal(run.trained[0], before[0])
        assert torch.equal(run.trained[0], run.course.means[0])
    assert all(torch.equal(a, b) for a, b in zip(run.trained, before, strict=True))


def test_a_checkpoint_holds_the_average(started) -> None:
    run = started(Averaging(start=0.0), learning_rate=1e-2)
    run.epoch()
    run.step(1.0)
    tensors, facts = checkpoints._tensors(run), checkpoints._facts(run)
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    later = started(Averaging(start=0.0), learning_rate=1e-2)
    assert later.course.count == 0
    checkpoints._restore(later, facts, tensors)
    assert later.course.count == run.course.count == run.steps_an_epoch
    assert all(torch.equal(a, b) for a, b in zip(later.course.means, run.course.means, strict=True))
