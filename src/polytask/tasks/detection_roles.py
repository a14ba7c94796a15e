"""The role of a column, and what kind of task its values make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from polytask._errors import DataError
from polytask.tasks.detection_names import says

if TYPE_CHECKING:
    from polytask.tasks.detection_facts import Facts
    from polytask.tasks.task import Kind

MAX_LABELS = 1000
MAX_TAGS = 500

SCALES: tuple[tuple[str, ...], ...] = (
    ("very low", "low", "medium", "moderate", "high", "very high", "critical"),
    ("none", "mild", "moderate", "severe", "very severe"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("very bad", "bad", "ok", "okay", "average", "good", "very good", "excellent"),
    ("extra small", "small", "medium", "large", "extra large"),
    ("低", "中", "高"),
)
"""Words that stand from low to high."""


@dataclass(frozen=True)
class Role:
    """What a column is for.

    Args:
        column: Its name.
        role: "input", "task", "split" (it names the split of a row) or "ignored".
        reason: Why, as part of a sentence.
        modality: Of an input.
        tokens: Of an input: whether it is a list of tokens.
        kind: Of a task.
    """

    column: str
    role: Literal["input", "task", "split", "ignored"]
    reason: str
    modality: Literal["text", "image", ""] = ""
    tokens: bool = False
    kind: Kind | None = None


def free_text(looked: Facts) -> bool:
    """Whether a column holds text to be read rather than labels."""
    return looked.shape == "text" and looked.words >= 2 and not label_like(looked)


def label_like(looked: Facts) -> bool:
    """Whether few short strings return again and again."""
    if looked.shape != "text" or not 2 <= looked.unique <= MAX_LABELS:
        return False
    short = looked.words <= 6 and looked.chars <= 60
    returning = looked.filled / looked.unique >= (1.5 if looked.unique <= 3 else 3)
    return short and returning


def scale(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values from low to high where they are words of one known scale, else nothing.

    >>> scale(("High", "low", "Medium"))
    ('low', 'Medium', 'High')
    """
    for words in SCALES:
        if len(values) >= 3 and all(value.strip().lower() in words for value in values):
            return tuple(sorted(values, key=lambda value: words.index(value.strip().lower())))
    return ()


def kind_of(looked: Facts, *, stated: bool = False) -> tuple[Kind, str]:
    """The kind of task a column makes, and why.

    Args:
        looked: The column's figures.
        stated: Whether the user named the column as a target.

    Raises:
        DataError: A stated target whose values make no task.
    """
    if looked.shape == "number":
        return _number(looked)
    if looked.shape == "list":
        return "multilabel", f"lists of labels, {looked.unique} different ones"
    if looked.shape == "text" and (stated or label_like(looked)):
        return _label(looked)
    raise DataError(
        f"The target {looked.name!r} holds neither labels, numbers nor lists of labels: "
        "choose another `target`"
    )


def _label(looked: Facts) -> tuple[Kind, str]:
    if looked.unique == looked.filled > 1:
        raise DataError(
            f"The target {looked.name!r} has another value in each of its {looked.filled} rows; "
            "a label must return in several rows. Choose another `target`, or `map` its values"
        )
    if scale(looked.values):
        return "ordinal", "words of a scale from low to high"
    kind: Kind = "binary" if looked.unique == 2 else "multiclass"
    return kind, f"{looked.unique} labels in {looked.filled:,} rows"


def _number(looked: Facts) -> tuple[Kind, str]:
    meanings = says(looked.name)
    if looked.integer and looked.unique == 2:
        return "binary", f"two values, {looked.low:g} and {looked.high:g}"
    if not looked.integer:
        return "regression", f"{looked.unique:,} numbers with fractions"
    few = looked.unique <= 11 and looked.high - looked.low <= 20
    if "order" in meanings and few:
        return "ordinal", f"whole numbers, and the name {looked.name!r} says order"
    if meanings & {"order", "amount"}:
        return "regression", f"numbers, and the name {looked.name!r} says amount"
    return _codes(looked, named="label" in meanings)


def _codes(looked: Facts, *, named: bool) -> tuple[Kind, str]:
    dense = looked.high - looked.low < 1.5 * looked.unique
    most = 300 if named else 30
    if looked.unique <= most and dense and looked.filled >= 3 * looked.unique:
        return "multiclass", f"{looked.unique} whole-number codes; nothing says order or amount"
    return "regression", f"{looked.unique:,} different whole numbers"
