"""What every balancer keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

import pytest
import torch

from polytask._catalogue import Spec
from polytask._errors import ConfigError
from polytask.learning.balancing import BALANCERS

EVERY = list(BALANCERS)
ON_GRADIENTS = [
    name
    for name in EVERY
    if any(parameter.name == "per_parameter" for parameter in BALANCERS.signature(name))
]
TASKS = ["a", "b", "c"]


def started(name: str, **arguments):
    return BALANCERS.build(Spec(name, arguments)).start(TASKS)


def batch(shared: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "a": shared.square().mean(),
        "b": (shared - 1).abs().mean(),
        "c": (shared[:, 0] + 2).square().mean(),
    }


def features() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(4, 3, requires_grad=True)


@pytest.mark.parametrize("name", EVERY)
def test_gives_one_number_with_a_gradient_for_every_loss(name: str) -> None:
    shared = features()
    total = started(name)(batch(shared), shared=shared)
    assert total.dim() == 0
    total.backward()
    assert shared.grad is not None
    assert shared.grad.isfinite().all()
    assert shared.grad.abs().sum() > 0


@pytest.mark.parametrize("name", EVERY)
def test_a_batch_may_lack_a_task(name: str) -> None:
    balance = started(name)
    assert balance({"b": torch.tensor(2.0)}).isfinite()
    shared = features()
    some = {task: loss for task, loss in batch(shared).items() if task != "b"}
    assert balance(some, shared=shared).isfinite()
    assert balance(batch(shared), shared=shared).isfinite()


@pytest.mark.parametrize("name", EVERY)
def test_a_task_without_a_labelled_row_changes_nothing(name: str) -> None:
    gradients = []
    for extra in ({}, {"c": torch.zeros((), requires_grad=True) * 1.0}):
        shared = features()
        losses = {task: loss for task, loss in batch(shared).items() if task != "c"}
        torch.manual_seed(1)
        started(name)(losses | extra, shared=shared).backward()
        gradients.append(shared.grad)
    assert torch.equal(*gradients)


@pytest.mark.parametrize("name", [name for name in EVERY if BALANCERS.load(name).compares])
def test_one_task_alone_is_the_plain_sum_for_what_compares(name: str) -> None:
    shared = features()
    loss = shared.square().mean()
    total = BALANCERS.build(Spec(name, {})).start(["a"])({"a": loss}, shared=shared)
    assert total.item() == pytest.approx(loss.item())
    (given,) = torch.autograd.grad(total, shared)
    torch.testing.assert_close(given, shared.detach() * 2 / shared.numel())


@pytest.mark.parametrize("name", EVERY)
def test_state_survives_saving(name: str) -> None:
    first, second = started(name), started(name)
    for value in [*first.parameters(), *first.buffers()]:
        value.data.add_(0.5)
    second.load_state_dict(first.state_dict())
    totals = []
    for balance in (first, second):
        shared = features()
        totals.append(balance(batch(shared), shared=shared).item())
    assert totals[0] == totals[1]


@pytest.mark.parametrize("name", ON_GRADIENTS)
def test_gradients_are_looked_at_where_the_caller_says(name: str) -> None:
    """With parameters the encoder's own numbers get the method's gradient, and heads their own."""
    torch.manual_seed(0)
    encoder, heads = torch.nn.Linear(3, 2), torch.nn.Linear(2, 3)
    hidden = encoder(torch.randn(5, 3))
    losses = dict(zip(TASKS, (heads(hidden) - 1).square().mean(0), strict=True))
    own = torch.autograd.grad(sum(losses.values()), heads.weight, retain_graph=True)[0]
    balance = started(name, per_parameter=True)
    balance(losses, shared=list(encoder.parameters())).backward()
    assert encoder.weight.grad is not None
    assert encoder.weight.grad.isfinite().all()
    if name != "GradNorm":  # whose weights count for heads as well
        assert torch.allclose(heads.weight.grad, own)


@pytest.mark.parametrize("name", ON_GRADIENTS)
@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_no_gradient_and_opposite_ones_do_no_harm(name: str, factor: float) -> None:
    shared = features()
    pull = shared.square().mean()
    losses = {"a": pull, "b": factor * pull + 5, "c": 0.0 * shared.sum() + 1}
    started(name)(losses, shared=shared).backward()
    assert shared.grad is not None
    assert shared.grad.isfinite().all()


@pytest.mark.parametrize("name", ON_GRADIENTS)
def test_without_what_is_shared_it_says_so(name: str) -> None:
    with pytest.raises(ConfigError, match="needs `shared`"):
        started(name)(batch(features()))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("PCGard", "did you mean 'PCGrad'"),
        ("CAGrad(c=-1)", "at least 0; found -1"),
        ("STCH(mu=0)", "mu"),
        ("GradNorm(alpha=-1)", "`alpha`"),
        ("MGDA(steps=3)", "no argument 'steps'"),
    ],
)
def test_wrong_names_and_values_are_refused(written: str, message: str) -> None:
    from polytask._catalogue import parse

    with pytest.raises(ConfigError, match=message):
        BALANCERS.build(parse(written)).start(TASKS)
