from __future__ import annotations

import pytest

from polytask.learning.transfer.layerwise_rates import LayerwiseRates


def test_the_rate_falls_by_a_factor_a_layer(started) -> None:
    run = started(LayerwiseRates(decay=0.5), learning_rate=1e-3, embeddings=True)
    found = {
        id(p): group["highest"] for group in run.optimiser.param_groups for p in group["params"]
    }
    model = run.part.encoder.model
    for module, expected in (
        (model.encoder.layer[1], 1e-3),
        (model.encoder.layer[0], 5e-4),
        (model.embeddings, 2.5e-4),
        (run.part.heads["intent"], run.settings.head_learning_rate),
    ):
        assert [found[id(p)] for p in module.parameters()] == pytest.approx(
            [expected] * len(list(module.parameters()))
        )
    run.update(run._batches(0)[0], 0)
    factor = run.settings.rate(0, 3 * run.steps_an_epoch)
    assert all(g["lr"] == g["highest"] * factor for g in run.optimiser.param_groups)


def test_without_decay_it_is_plain_fine_tuning(started) -> None:
    run = started(LayerwiseRates(decay=1.0), learning_rate=1e-3)
    rates = {group["highest"] for group in run.optimiser.param_groups}
    assert rates == {1e-3, run.settings.head_learning_rate}
