"""`polytask recipes`: lists all parts, shows one, offers the nearest; loads no torch."""

from __future__ import annotations

import json

from polytask.cli.parts import UNMEASURED, part_page, parts_table
from polytask.cli.progress import console
from polytask.workflow.describing import Described, one


def test_all_parts_are_listed_without_torch(polytask):
    answer = polytask("recipes")
    answer.succeeds("FineTune", "PCGrad", "LoRA", "Focal", "Low-rank additions", UNMEASURED)
    assert not answer.torch


def test_one_part_is_shown_in_full(polytask):
    polytask("recipes", "LoRA").succeeds(
        r"LoRA\(r: int = 8",
        "transfer; costs each adapted layer",
        "lora_alpha: ",
        r'tasks.yaml: recipes: \["FineTune\(transfer=LoRA\(\)\)"\]',
        r"plan: train\(t, FineTune",
        "Python: from polytask.learning.transfer.peft_methods import LoRA",
    )


def test_an_unknown_part_offers_the_nearest(polytask):
    polytask("recipes", "lora").refuses("did you mean 'LoRA'")
    polytask("recipes", "LoRa").refuses("Unknown part 'LoRa': did you mean 'LoRA'")


def test_json_holds_all_that_is_shown(polytask):
    answer = polytask("recipes", "Focal", "--json")
    answer.succeeds()
    (part,) = json.loads(answer.out)["parts"]
    assert part["sources"] == ["Lin et al. 2017, arXiv 1708.02002"]
    assert part["arguments"] == [{"name": "gamma", "annotation": "float", "default": "2.0"}]


def test_gains_are_shown_in_points():
    gain = {"value": 0.0123, "low": -0.002, "high": 0.03}
    row = {"part": "Focal", "set": "words", "recipe": "r", "seeds": [0, 1], "gain": gain}
    row |= {"tasks": {"intent": -0.004}, "cost": 1.25}
    part = Described(**{**vars(one("Focal")), "measured": (row,)})
    assert "words +1.2" in _shown(parts_table([part]))
    page = _shown(part_page(part))
    for text in ("+1.2", "-0.2 to +3.0", "× 1.25", "intent -0.4"):
        assert text in page


def _shown(renderable: object) -> str:
    screen = console()
    with screen.capture() as capture:
        screen.print(renderable)
    return " ".join(capture.get().split())
