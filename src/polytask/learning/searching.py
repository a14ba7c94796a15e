"""Which recipes to try next: samplers over a small space, asked and told.

The space is what pays to vary in a training of a few epochs: what of the encoder is trained, how
fast, with how much dropout, for how long. All of it is text, recipes in and recipes out, so that
whoever searches keeps the scores and may stop, resume or mix in recipes of his own.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Any

from polytask._catalogue import Spec, nearest, parse
from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAMPLERS = ("grid", "random", "tpe", "gp")
"""Grid: every point of a coarse grid once, in shuffled order. Random: Bergstra and Bengio, "Random
Search for Hyper-Parameter Optimization", JMLR 2012. TPE, tree-structured Parzen estimators:
Bergstra et al., NeurIPS 2011. GP: expected improvement of a Gaussian process (Optuna)."""

TRAINED = {
    "text": (
        "FineTune()",
        "FineTune(embeddings=True)",
        "FineTune(transfer=LoRA())",
        "TopLayers(layers=2)",
        "TopLayers(layers=4)",
    ),
    "image": ("TopLayers(layers=2)", "TopLayers(layers=4)", "FineTune(image_size=128)"),
}
"""By modality the recipes that are varied: all of the encoder, a part of it, or what is added."""
RANGES = {"learning_rate": (5e-5, 1e-3), "dropout": (0.0, 0.3)}
"""Learning rates are drawn on a logarithmic scale."""
EPOCHS = (2, 6)

_GRID: dict[str, list[Any]] = {
    "learning_rate": [1e-4, 2e-4, 4e-4, 8e-4],
    "dropout": [0.1],
    "epochs": [3, 6],
}
_STARTUP = 4
"""Results that TPE and GP wait for; before that they draw at random."""


def suggest(
    sampler: str,
    modality: str,
    tried: Mapping[str, float],
    *,
    seed: int = 0,
    count: int = 1,
    epochs: int = 0,
) -> list[str]:
    """The recipes that a sampler would try next; the same arguments give the same recipes.

    Args:
        sampler: One of `SAMPLERS`.
        modality: "text" or "image": which `TRAINED` there are.
        tried: By recipe its score, higher is better, in the order they were tried. Recipes from
            outside the space, or of other `epochs` where these are set, teach nothing.
        seed: Changes what is drawn; so does how many recipes teach.
        count: How many recipes.
        epochs: Passes of each; the same call with other epochs gives the same recipes otherwise,
            while nothing was tried. 0: searched too, within `EPOCHS`.

    Returns:
        `count` recipes in their text form; fewer where a grid has no more.

    Raises:
        ConfigError: No such sampler.

    >>> suggest("random", "text", {}, count=2, epochs=1)[0] == suggest(
    ...     "random", "text", {}, epochs=1)[0]
    True
    """
    import optuna

    if sampler not in SAMPLERS:
        raise ConfigError(f"Unknown sampler {sampler!r}: {nearest(sampler, SAMPLERS)}")
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # else GP tells of packages it can spare
    space = _space(modality, epochs)
    points = [(_point(parse(recipe), space, epochs), score) for recipe, score in tried.items()]
    trials = [
        optuna.trial.create_trial(params=point, distributions=space, value=score)
        for point, score in points
        if point
    ]
    if sampler == "grid":
        known: dict[str, list[Any]] = {**_GRID, "trained": [*TRAINED[modality]]}
        grid = {name: known[name] for name in space}
        count = min(count, math.prod(map(len, grid.values())) - len(trials))
        drawing: Any = optuna.samplers.GridSampler(grid, seed=seed)
    else:
        drawing = _sampler(sampler, zlib.crc32(f"{seed} {len(trials)}".encode()))
    study = optuna.create_study(direction="maximize", sampler=drawing)
    study.add_trials(trials)
    return [_recipe(study.ask(space).params, epochs) for _ in range(count)]


def _sampler(name: str, seed: int) -> Any:
    """A sampler of Optuna; GP loads torch."""
    from optuna import samplers

    if name == "random":
        return samplers.RandomSampler(seed=seed)
    kind = samplers.TPESampler if name == "tpe" else samplers.GPSampler
    return kind(seed=seed, n_startup_trials=_STARTUP)


def _space(modality: str, epochs: int) -> dict[str, Any]:
    """By argument its distribution; "trained" is which of `TRAINED`."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    space: dict[str, Any] = {"trained": CategoricalDistribution(TRAINED[modality])}
    for name, (low, high) in RANGES.items():
        space[name] = FloatDistribution(low, high, log=name == "learning_rate")
    return space if epochs else {**space, "epochs": IntDistribution(*EPOCHS)}


def _recipe(point: Mapping[str, Any], epochs: int) -> str:
    """The text form of a point, with the figures that a person would write."""
    form = parse(point["trained"])
    figures = {
        "epochs": epochs or point["epochs"],
        "learning_rate": float(f"{point['learning_rate']:.2g}"),
        "dropout": round(point["dropout"], 2),
    }
    return str(Spec(form.name, {**form.arguments, **figures}))


def _point(recipe: Spec, space: Mapping[str, Any], epochs: int) -> dict[str, Any] | None:
    """The point that `_recipe` made a recipe of; `None` for one from outside the space."""
    figures = dict(recipe.arguments)
    found = {name: figures.pop(name, None) for name in ("epochs", *RANGES)}
    trained = str(Spec(recipe.name, figures))
    inside = all(_between(found[name], *ends) for name, ends in _ends(epochs))
    if trained not in space["trained"].choices or not inside:
        return None
    return {name: {**found, "trained": trained}[name] for name in space}


def _ends(epochs: int) -> Iterator[tuple[str, tuple[float, float]]]:
    yield from RANGES.items()
    yield "epochs", ((epochs, epochs) if epochs else EPOCHS)


def _between(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and low <= value <= high
