"""The settings that plans try, in order: those asked for, those of earlier runs, the ladder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from polytask._catalogue import Spec, parse
from polytask.knowledge.portfolio import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from polytask.planning.writers.costs import Method
    from polytask.tasks.profile import Hint

_METHODS: dict[str, Method] = {
    "TfidfLinear": "tfidf",
    "Probe": "probe",
    "KernelProbe": "probe",
    "TopLayers": "top_layers",
}
"""What the cost of a recipe is counted as; of others as fine-tuning."""
_EPOCHS = 4
"""Passes counted where a recipe does not say how many."""


@dataclass(frozen=True)
class Setting:
    """A recipe of the ladder, with what its cost is computed from and why it stands there.

    Args:
        recipe: Its text form.
        method: What it costs is counted as this.
        epochs: Passes over the rows, over images in units of those of the size of pretraining.
        why: A phrase for the plan.
        modality: "text" or "image" where it is for one of the two, else "".
        kinds: The kinds of tasks it was measured on, where it is for these alone.
    """

    recipe: str
    method: Method
    epochs: int
    why: str
    modality: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The recipe and the parts in its arguments, which a plan imports."""
        return list(_names(parse(self.recipe)))


# What is tried after the quick models, in this order. LOG.md, "The ladder of the planner".
SETTINGS: dict[str, tuple[Setting, ...]] = {
    "text": (
        Setting(
            "FineTune(epochs=3, learning_rate=3e-4, embeddings=True)",
            "fine_tune",
            3,
            "all layers and word embeddings, three short passes",
        ),
        Setting(
            "FineTune(epochs=6, learning_rate=2e-4, embeddings=True)",
            "fine_tune",
            6,
            "twice as long: tags and many classes go on improving",
        ),
    ),
    "image": (
        Setting(
            "TopLayers(layers=2, epochs=4, learning_rate=1e-3, patience=4)",
            "top_layers",
            4,
            "the upper layers only: what folds can afford",
        ),
        Setting(
            "FineTune(epochs=8, learning_rate=1e-3, patience=8, image_size=128)",
            "fine_tune",
            3,
            "all layers, at a third of the cost of full-sized images",
        ),
    ),
}

# What is tried on tasks for which none of them had room. LOG.md, "One pass where three do not fit".
SHORT: dict[str, tuple[Setting, ...]] = {
    "text": (
        Setting(
            "FineTune(epochs=1, learning_rate=3e-4, embeddings=True)",
            "fine_tune",
            1,
            "a single pass",
        ),
    ),
    "image": (),
}

QUICK = {"text": ("TfidfLinear()", "Probe()"), "image": ("Probe()", "KernelProbe()")}
"""The quick models, which stand before the ladder."""


def ladder(
    modality: str, recipes: Sequence[str] = (), hints: Sequence[Hint] = ()
) -> tuple[Setting, ...]:
    """The settings for tasks of a modality.

    Args:
        modality: "text" or "image".
        recipes: Those asked for; they come first.
        hints: Those that are proposed, by earlier runs for one; they come before the ladder.

    >>> [setting.recipe for setting in ladder("text", ["TopLayers()"])][:2]
    ['TopLayers()', 'FineTune(epochs=3, learning_rate=3e-4, embeddings=True)']
    """
    asked = [_asked(recipe) for recipe in recipes]
    first = [one for one in (*asked, *map(_hinted, hints)) if one.modality in ("", modality)]
    return (*first, *SETTINGS[modality], *mined(modality, early=True))


def mined(modality: str, *, early: bool) -> list[Setting]:
    """Settings of the portfolio that was mined offline, if this is where they stand.

    Args:
        modality: "text" or "image".
        early: Whether those are wanted that stand behind the ladder, since they were measured to be
            worth it on sets that they were not mined on; else those that stand behind everything.
    """
    found = shipped()[modality]
    picks = found["behind"] if found["worth"] == early else []
    return [
        replace(
            _asked(pick["recipe"]),
            why="of a portfolio mined on other data",
            modality=modality,
            kinds=tuple(pick["kinds"]),
        )
        for pick in picks
    ]


def usual(modality: str) -> list[str]:
    """Recipes that a plan tries on tasks of a modality whatever is known of them."""
    settings = (*SETTINGS[modality], *SHORT[modality], *mined(modality, early=True))
    return [*QUICK[modality], *(setting.recipe for setting in settings)]


def _hinted(hint: Hint) -> Setting:
    return replace(_asked(hint.recipe), why=hint.why, modality=hint.modality)


def _asked(recipe: str) -> Setting:
    part = parse(recipe)
    epochs = part.arguments.get("epochs")
    return Setting(
        recipe,
        _METHODS.get(part.name, "fine_tune"),
        epochs if isinstance(epochs, int) else _EPOCHS,
        "asked for in the task file",
        for_modality(part),
    )


def for_modality(part: Spec) -> str:
    """What a recipe reads: "text" or "image" where it is for one of the two, else "".

    >>> for_modality(parse("FineTune(image_size=128)")), for_modality(parse("Probe()"))
    ('image', '')
    """
    if part.name == "KernelProbe" or part.arguments.get("image_size"):
        return "image"
    return "text" if part.name == "TfidfLinear" else ""


def _names(part: Spec) -> Iterator[str]:
    yield part.name
    for value in part.arguments.values():
        if isinstance(value, Spec):
            yield from _names(value)
