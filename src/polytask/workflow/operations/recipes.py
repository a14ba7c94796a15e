"""Recipes from their text form, as the worker builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask._catalogue import parse
from polytask.learning.balancing import BALANCERS
from polytask.learning.losses import LOSSES
from polytask.learning.observing import OBSERVERS
from polytask.learning.recipes import RECIPES
from polytask.learning.regularising import REGULARISERS
from polytask.learning.sampling import SAMPLINGS
from polytask.learning.transfer import TRANSFERS

if TYPE_CHECKING:
    from polytask.learning.recipes.recipe import Recipe


_NESTED = {
    "balancer": BALANCERS,
    "loss": LOSSES,
    "transfer": TRANSFERS,
    "regulariser": REGULARISERS,
    "sampling": SAMPLINGS,
    "observer": OBSERVERS,
}


QUICK = {"text": ("TfidfLinear()", "Probe()"), "image": ("Probe()", "KernelProbe()")}
"""By modality the recipes that take seconds, each for a task alone."""


def build(recipe: str) -> Recipe:
    """The recipe that `recipe` (text form) describes."""
    found: Recipe = RECIPES.build(parse(recipe), _NESTED)
    return found
