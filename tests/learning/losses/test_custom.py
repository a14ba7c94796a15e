"""The loss of a user's file: values and gradients are those of the loss that it writes out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from polytask._errors import CodeError, ConfigError
from polytask.isolation import ways
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.custom import Custom
from polytask.learning.losses.loss import MISSING
from polytask.learning.losses.squared_error import SquaredError
from polytask.tasks.custom_loss import check, seconds_of

if not ways():
    pytest.skip("this machine has no way to shut code in", allow_module_level=True)

CROSS_ENTROPY = """from math import exp, log


def main(inputs):
    labels, losses, gradients = inputs["labels"], [], []
    for scores, target in zip(inputs["scores"], inputs["targets"]):
        parts = [exp(score - max(scores)) for score in scores]
        shares = [part / sum(parts) for part in parts]
        right = labels.index(target)
        losses.append(-log(shares[right]) / log(len(labels)))
        hit = [float(number == right) for number in range(len(labels))]
        gradients.append([(a - b) / log(len(labels)) for a, b in zip(shares, hit)])
    return {"losses": losses, "gradients": gradients}
"""
SQUARES = """def main(inputs):
    errors = [score - target for score, target in zip(inputs["scores"], inputs["targets"])]
    return {"losses": [e * e for e in errors], "gradients": [2 * e for e in errors]}
"""
EXAMPLE = Path(__file__).parents[3] / "examples/costly_loss.py"
LABELS = ("food", "music", "weather")
CASES = {
    "classes": (
        Custom(CROSS_ENTROPY, LABELS),
        CrossEntropy(),
        torch.tensor([[1.0, -2, 0.5], [9, 9, 9], [0, 0, 3]]),
        torch.tensor([2, MISSING, 0]),
    ),
    "numbers": (
        Custom(SQUARES),
        SquaredError(),
        torch.tensor([1.0, 2.0, -1.0]),
        torch.tensor([0.5, float("nan"), 1.0]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_loss_that_the_code_writes_out(case):
    ours, usual, logits, target = CASES[case]
    found = []
    for loss in (ours, usual):
        given = logits.clone().requires_grad_()
        each = loss(given, target)
        (2 * each[0] + each[2]).backward()
        found.append((each.detach(), given.grad))
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    assert found[0][0][1] == 0


def test_a_batch_without_labels_costs_nothing():
    logits = torch.zeros(2, 3, requires_grad=True)
    Custom(CROSS_ENTROPY, LABELS)(logits, torch.tensor([MISSING, MISSING])).sum().backward()
    assert logits.grad is not None
    assert logits.grad.abs().sum() == 0


def test_code_is_tried_before_anything_is_trained():
    check(CROSS_ENTROPY, "topic", "multiclass", LABELS)
    check(SQUARES, "length", "regression", ())
    with pytest.raises(ConfigError, match="is for binary, multiclass, ordinal, regression"):
        check(CROSS_ENTROPY, "words", "tagging", LABELS)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (SQUARES.replace("2 * e", "3 * e"), "gradients are not those of its losses"),
        (SQUARES.replace("e * e", "'x'"), "`losses` is 4 finite numbers"),
        (SQUARES.replace("[2 * e for e in errors]", "[1.0]"), "`gradients` is 4 finite numbers"),
        (SQUARES.replace("e * e", "1e400"), "it returned NaN or infinity"),
        (SQUARES.replace("e * e", "10**400"), "`losses` is 4 finite numbers"),
        (SQUARES.replace("e * e", "e > 0"), "`losses` is 4 finite numbers"),
        (SQUARES.replace("e * e", "1e-4 * e * e").replace("2 * e", "-2e-4 * e"), "say "),
        (SQUARES.replace("e * e", "1.0").replace("2 * e", "0.0"), "nothing would be learned"),
        ("def main(inputs):\n    return 1 / 0\n", "ZeroDivisionError.*`scores` are numbers"),
        ("def other(inputs):\n    return 1\n", "main"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))\n" + SQUARES, "Error"),
    ],
)
def test_code_that_gives_something_else_is_refused(code, told):
    with pytest.raises(CodeError, match=told) as found:
        check(code, "length", "regression", (), "own.py")
    assert str(found.value).startswith("The step `loss` of 'length': own.py")


def test_the_example_is_a_loss_that_weighs_a_label():
    code = EXAMPLE.read_text()
    check(code, "mood", "binary", ("complaint", "praise"), EXAMPLE.name)
    scores, targets = torch.tensor([[0.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 1])
    losses = Custom(code, ("complaint", "praise"))(scores, targets)
    assert losses.tolist() == pytest.approx([5.0, 1.0])


def test_every_label_is_tried():
    wrong = CROSS_ENTROPY.replace(
        "gradients.append([", "gradients.append([0.0 if target == 'f' else "
    )
    with pytest.raises(CodeError, match="a row with the target 'f' by"):
        check(wrong, "topic", "multiclass", tuple("abcdef"))


def test_small_losses_are_held_to_the_same_rule():
    check(SQUARES.replace("e * e", "1e-6 * e * e").replace("2 * e", "2e-6 * e"), "x", "regression")


def test_numpy_is_imported_once_for_all_batches():
    code = SQUARES.replace("def main", "import sys\nREADY = 'numpy' in sys.modules\n\n\ndef main")
    code = code.replace("    errors", "    assert READY, 'numpy'\n    errors")
    check(code, "length", "regression")  # the code names it
    with pytest.raises(CodeError, match="AssertionError"):
        check(code.replace("numpy", "decimal"), "length", "regression")


def test_estimates_count_the_time_that_code_takes():
    slow = SQUARES.replace("    return", "    import time\n    time.sleep(0.2)\n    return")
    assert 0.2 < seconds_of(slow, ()) < 5
    assert seconds_of(slow, ()) == seconds_of(slow, ())  # measured once
    assert seconds_of("def main(inputs):\n    return 1 / 0\n", ()) == 0
