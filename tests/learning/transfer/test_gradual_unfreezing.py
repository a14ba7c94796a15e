from __future__ import annotations

import torch

from polytask.learning.transfer.gradual_unfreezing import GradualUnfreezing


def state(module: torch.nn.Module) -> list[torch.Tensor]:
    return [number.detach().clone() for number in module.parameters()]


def same(module: torch.nn.Module, before: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(module.parameters(), before, strict=True))


def test_layers_move_from_the_epoch_that_frees_them(started) -> None:
    run = started(GradualUnfreezing(layers=1), embeddings=True)
    model = run.part.encoder.model
    layers = [model.encoder.layer[1], model.encoder.layer[0], model.embeddings]
    for epoch in range(3):
        before = [state(layer) for layer in layers]
        run.epoch()
        moved = [not same(layer, old) for layer, old in zip(layers, before, strict=True)]
        assert moved == [place <= epoch for place in range(3)]
        run.step(1.0)


def test_all_that_may_have_changed_is_saved(started) -> None:
    run = started(GradualUnfreezing(layers=1))
    run.part.encoder.remember()
    run.epoch()
    run.step(1.0)
    assert not run.part.encoder.model.encoder.layer[0].output.dense.weight.requires_grad
    run.finish()
    assert any(".layer.0." in name for name in run.part.encoder.changed())
