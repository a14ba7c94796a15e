from __future__ import annotations

import pytest

from polytask._catalogue import from_yaml
from polytask._errors import ConfigError
from polytask.learning.balancing.uncertainty import Uncertainty
from polytask.learning.transfer.peft_methods import LoRA
from polytask.workflow.operations.recipes import build


def test_a_recipe_is_built_from_its_text_with_its_parts():
    made = build("FineTune(epochs=2, balancer=Uncertainty())")
    assert made.epochs == 2  # type: ignore[attr-defined]
    assert str(build(str(made))) == str(made)
    assert isinstance(made.balancer, Uncertainty)  # type: ignore[attr-defined]


def test_an_unknown_recipe_offers_the_nearest():
    with pytest.raises(ConfigError, match=r"'FineTun'.*'FineTune'"):
        build("FineTun()")


@pytest.mark.parametrize(
    "written",
    [
        "FineTune(balancer=PCGrad(), loss=Focal(gamma=1.0), transfer=LoRA(r=4))",
        {"FineTune": {"balancer": "PCGrad", "loss": "Focal(gamma=1.0)", "transfer": "LoRA(r=4)"}},
        {
            "FineTune": {
                "balancer": {"PCGrad": {}},
                "loss": {"Focal": {"gamma": 1.0}},
                "transfer": {"LoRA": {"r": 4}},
            }
        },
    ],
    ids=["plan", "yaml with text", "yaml"],
)
def test_parts_are_named_alike_in_plans_and_yaml(written):
    made = build(str(from_yaml(written)))
    assert repr(made.balancer) == "PCGrad(per_parameter=False)"  # type: ignore[attr-defined]
    assert repr(made.loss) == "Focal(gamma=1.0)"  # type: ignore[attr-defined]
    assert made.transfer == LoRA(r=4)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("FineTune(balancer=PCGard())", "Unknown balancer 'PCGard': did you mean 'PCGrad'"),
        ("FineTune(loss=Focl())", "Unknown loss 'Focl': did you mean 'Focal'"),
        ("FineTune(loss=Focal(gama=1))", "did you mean 'gamma'"),
        ("FineTune(loss=Focal(gamma=-1))", "`gamma` is at least 0"),
    ],
)
def test_an_unknown_part_offers_the_nearest(written, message):
    with pytest.raises(ConfigError, match=message):
        build(written)
