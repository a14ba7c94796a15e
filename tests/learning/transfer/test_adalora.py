from __future__ import annotations

import pytest
import torch

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run
from polytask.learning.transfer import TRANSFERS
from polytask.learning.transfer.adalora import AdaLoRA
from polytask.learning.transfer.allocation import Allocation

LAYERS = 12  # six linear layers in each of two


def begun(world, tiny, method: AdaLoRA) -> Run:
    tiny.freeze(0)
    method.put(tiny, ["intent"])
    tasks, fold = world.pick("intent")
    heads = {"intent": head_for(tasks[0], tiny.dim)}
    recipe = FineTune(epochs=4, batch_size=16, dropout=0.0, learning_rate=1e-2, transfer=method)
    return Run(NeuralPart(tiny, heads), fold, Context(), recipe)


def ranks(encoder) -> list[int]:
    """By layer how many singular values are not 0."""
    return [int((p != 0).sum()) for n, p in encoder.named_parameters() if ".lora_E." in n]


def test_the_final_ranks_keep_the_budget_and_lie_where_they_matter(world, tiny) -> None:
    method = AdaLoRA(target_r=2, init_r=5, start=0.2, stop=0.7, every=1)
    run = begun(world, tiny, method)
    steps, found = 4 * run.steps_an_epoch, []
    for epoch in range(4):
        for step, batch in enumerate(run._batches(epoch), start=epoch * run.steps_an_epoch):
            run.update(batch, step)
            found.append(ranks(tiny))
    sums = [sum(each) for each in found]
    assert sums[int(0.2 * steps)] == 5 * LAYERS
    for step in range(int(0.2 * steps) + 1, round(0.7 * steps)):
        left = 1 - (step - int(0.2 * steps)) / (round(0.7 * steps) - int(0.2 * steps))
        assert sums[step] == int(3 * LAYERS * left**3 + 2 * LAYERS)  # the cubic schedule
    assert set(sums[round(0.7 * steps) :]) == {2 * LAYERS}
    assert found[-1] == found[round(0.7 * steps)]
    assert len(set(found[-1])) > 1


def test_what_it_pays_is_the_distance_from_orthogonal_vectors(world, tiny) -> None:
    run = begun(world, tiny, AdaLoRA(target_r=1, init_r=3, orth_reg_weight=2.0))
    assert isinstance(run.course, Allocation)
    far = []
    for name, number in tiny.named_parameters():
        if ".lora_A." in name:
            far.append(torch.dist(number @ number.T, torch.eye(3)))
        if ".lora_B." in name:
            far.append(torch.dist(number.T @ number, torch.eye(3)))
    expected = 1.0 + 2.0 * sum(far) / len(far)
    assert run.course.priced(torch.tensor(1.0)).item() == pytest.approx(expected.item())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AdaLoRA(init_r=8)", "`init_r` is a whole number of at least 9; found 8"),
        ("AdaLoRA(start=0.7)", "below `stop`.*found 0.7 and 0.7"),
        ("AdaLoRA(every=0)", "`every`"),
        ("AdaLoRA(orth_reg_weight=-1.0)", "`orth_reg_weight` is at least 0"),
    ],
)
def test_values_out_of_range_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TRANSFERS.build(parse(text))


def test_a_training_of_one_step_is_too_short() -> None:
    with pytest.raises(ConfigError, match=r"a training of 1\. Raise `epochs`"):
        AdaLoRA().config(1)
