"""What every regulariser keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning import checkpoints
from polytask.learning.balancing.aggregators import PCGrad
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.regularising import REGULARISERS

if TYPE_CHECKING:
    from polytask.learning.looking import Look
    from polytask.learning.regularising.regulariser import Regulariser

EVERY = list(REGULARISERS)
ADVERSARIAL = ["FGM", "PGD", "FreeLB", "VAT"]


def built(text: str) -> Regulariser:
    return REGULARISERS.build(parse(text))


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("embeddings", [False, True])
def test_a_run_trains_with_it(name: str, embeddings: bool, run_of) -> None:
    run = run_of(regulariser=built(name), embeddings=embeddings)
    before = [number.detach().clone() for number in run.trained]
    first = run.epoch()
    assert set(first) == {"intent", "slots", "score", "about", "grade"}
    assert all(math.isfinite(loss) and loss > 0 for loss in first.values())
    moved = [not torch.equal(a, b) for a, b in zip(before, run.trained, strict=True)]
    assert sum(moved) > len(moved) / 2


@pytest.mark.parametrize("name", EVERY)
def test_a_row_without_a_label_costs_nothing(name: str, look_at) -> None:
    look = look_at("intent", "slots", dropout=0.1)
    unlabelled = [i for i, t in enumerate(look().targets["intent"]) if t < 0]
    assert unlabelled
    losses = built(name).answers(look).losses
    assert losses["slots"].shape == losses["intent"].shape == (8,)
    if name != "Mixup":  # whose rows pay for their partners as well
        assert not losses["intent"][unlabelled].any()
    blank = look.run.tables["talk"].targets["intent"]
    for row in range(len(blank)):
        blank[row] = blank[row] * 0 - 100
    assert not built(name).answers(look).losses["intent"].any()


@pytest.mark.parametrize("name", EVERY)
def test_what_it_leaves_to_chance_comes_from_the_generator_of_torch(name: str, look_at) -> None:
    look, found = look_at(dropout=0.1), []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(built(name).answers(look).total().item())
    assert found[0] == found[1]


@pytest.mark.parametrize("name", EVERY)
def test_gradient_balancers_see_all_features_that_pay(name: str, run_of) -> None:
    run = run_of(regulariser=built(name), balancer=PCGrad())
    losses, shared = run.batch_losses(run._batches(0)[0])
    for loss in losses.values():
        grads = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
        assert sum(g is not None and bool(g.any()) for g in grads) >= 1
    assert all(math.isfinite(loss) for loss in run.update(run._batches(0)[0], 0).values())


class Killed(Exception):  # noqa: N818 — no error: it stands for a kill
    """The process is gone."""


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_a_resumed_run_ends_equal_to_the_last_bit(
    name: str, world, tiny_folder, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    tasks, fold = world.pick("intent", "about")
    recipe = FineTune(epochs=2, batch_size=32, regulariser=built(name))

    def fit(checkpoint=None, die_after: int = 99):
        def emit(event) -> None:
            if event["event"] == "epoch" and event["epoch"] == die_after + 1:
                raise Killed

        return recipe.fit(
            tasks,
            fold,
            Context(seed=3, encoder=tiny_folder, threads=1, checkpoint=checkpoint, emit=emit),
        )

    whole = fit()
    with pytest.raises(Killed):
        fit(tmp_path, die_after=1)
    assert fit(tmp_path).encoder.digest() == whole.encoder.digest()


@pytest.mark.parametrize("name", EVERY)
def test_its_text_form_makes_it_again(name: str) -> None:
    assert built(repr(built(name))) == built(name)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("RDorp", "did you mean 'RDrop'"),
        ("RDrop(alpha=0)", "`alpha` is a number above 0; found 0"),
        ("Mixup(alpha=-1)", "`alpha` is a number above 0; found -1"),
        ("StochasticDepth(rate=1)", "`rate` is above 0 and below 1; found 1"),
        ("FGM(epsilon='1')", "`epsilon` is a number above 0; found '1'"),
        ("PGD(steps=0)", "`steps` is a whole number of at least 1; found 0"),
        ("FreeLB(step=0)", "`step` is a number above 0; found 0"),
        ("VAT(start=0)", "`start` is a number above 0; found 0"),
        ("FGM(alpha=1)", "FGM has no argument 'alpha'"),
    ],
)
def test_wrong_names_and_values_are_refused(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        built(written)


def test_fixed_layers_over_the_words_are_not_passed_by(tiny, look_at) -> None:
    look: Look = look_at("intent")
    tiny.freeze(1)
    with pytest.raises(ConfigError, match="embeds no words that could be moved"):
        look.words()
