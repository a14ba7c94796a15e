"""Which columns of a table are inputs, which are tasks of what kind, which neither, and why.

First match wins, column by column: list columns are looked at together (tokens and their tags),
then names that never hold a label (identifiers, dates, attributions), then the values. What the
user states is not questioned here beyond what the values allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from polytask._catalogue import nearest
from polytask._errors import DataError
from polytask.tasks.detection_facts import Facts, facts
from polytask.tasks.detection_lists import list_roles
from polytask.tasks.detection_names import says
from polytask.tasks.detection_roles import Role, free_text, kind_of, label_like

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

__all__ = ["Detected", "Role", "detect"]


@dataclass(frozen=True)
class Detected:
    """The role of every column of a table, in the order of its columns.

    Args:
        name: What the table is called in messages.
        roles: By column its role.
    """

    name: str
    roles: Mapping[str, Role]

    def columns(self, role: Literal["input", "task", "split", "ignored"]) -> list[str]:
        """Names of the columns with this role."""
        return [name for name, found in self.roles.items() if found.role == role]


def detect(
    frame: pl.DataFrame, name: str = "", *, inputs: Sequence[str] = (), targets: Sequence[str] = ()
) -> Detected:
    """Give every column its role.

    Args:
        frame: The table; text as strings, tokens and labels as lists of strings, images as bytes
            or paths.
        name: What the table is called in messages.
        inputs: Input columns, where the user states them; then no other column is an input.
        targets: Target columns, where the user states them; then no other column is a task.

    Raises:
        DataError: A stated column is not there (the nearest is offered).

    >>> import polars as pl
    >>> texts = ["not so bad", "quite good", "bad", "very bad"]
    >>> columns = {"id": [1, 2, 3, 4], "text": texts, "label": ["pos", "pos", "neg", "neg"]}
    >>> frame = pl.DataFrame(columns)
    >>> [(role.column, role.role, role.kind) for role in detect(frame).roles.values()]
    [('id', 'ignored', None), ('text', 'input', None), ('label', 'task', 'binary')]
    """
    for column in [*inputs, *targets]:
        if column not in frame.columns:
            hint = nearest(column, frame.columns)
            raise DataError(f"{name or 'The table'} has no column {column!r}: {hint}")
    looked = {column: facts(frame[column]) for column in frame.columns}
    found = list_roles(frame, looked)
    for column in frame.columns:
        if column not in found:
            found[column] = _first(looked[column], looked)
    _lonely(found, looked)
    roles = {column: found[column] for column in frame.columns}
    return Detected(name, _stated(roles, looked, inputs, targets))


def _first(looked: Facts, every: Mapping[str, Facts]) -> Role:
    for rule in _RULES:
        role = rule(looked, every)
        if role is not None:
            return role
    return Role(looked.name, "ignored", "neither text, image nor label-like")


def _stated(
    roles: dict[str, Role],
    looked: Mapping[str, Facts],
    inputs: Sequence[str],
    targets: Sequence[str],
) -> dict[str, Role]:
    tagged = {column for column, role in roles.items() if role.kind == "tagging"}
    for column, role in roles.items():
        if inputs and role.role == "input":
            roles[column] = Role(column, "ignored", "not among the stated inputs")
        if targets and role.role == "task":
            roles[column] = Role(column, "ignored", "not among the stated targets")
    for column in targets:
        kind, reason = kind_of(looked[column], stated=True)
        if column in tagged:
            kind, reason = "tagging", "one tag a token"
        roles[column] = Role(column, "task", f"stated; {reason}", kind=kind)
    for column in inputs:
        roles[column] = _input(looked[column], "stated")
    return roles


def _input(looked: Facts, reason: str) -> Role:
    modality: Literal["text", "image"] = "image" if looked.shape in ("image", "path") else "text"
    tokens = looked.shape == "list"
    return Role(looked.name, "input", reason, modality=modality, tokens=tokens)


def _lonely(found: dict[str, Role], looked: Mapping[str, Facts]) -> None:
    """Without any input take what is nearest to one: paths of images, strings without words."""
    if any(role.role == "input" for role in found.values()):
        return
    for shape in ("path", "text"):
        for column, facts_ in looked.items():
            unlabelled = found[column].role == "ignored" and not says(column) & {"id", "group"}
            if facts_.shape == shape and (shape == "path" or unlabelled) and facts_.unique > 2:
                found[column] = _input(facts_, "the only column that can be an input")
                return


def _split(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    if "split" in says(looked.name) and looked.values and _is_split(looked.values):
        return Role(looked.name, "split", "its values name the splits")
    if "split" in says(looked.name) and looked.shape == "number" and looked.integer:
        return Role(looked.name, "ignored", "the number of a fold or subset, by its name")
    return None


def _is_split(values: Sequence[str]) -> bool:
    from polytask.tasks.splits import SPLIT_NAMES

    return all(value.strip().lower() in SPLIT_NAMES for value in values)


def _empty(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    if not looked.filled:
        return Role(looked.name, "ignored", "empty in every row")
    if looked.unique == 1 and looked.shape in ("text", "number"):
        return Role(looked.name, "ignored", "the same value in every row")
    return None


def _image(looked: Facts, every: Mapping[str, Facts]) -> Role | None:
    if looked.shape == "image":
        return _input(looked, "encoded images")
    if looked.shape == "path":
        if any(other.shape == "image" for other in every.values()) or "id" in says(looked.name):
            return Role(looked.name, "ignored", "names of image files")
        return _input(looked, "paths of images")
    return None


def _other(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    reasons = {"date": "dates or times", "other": "bytes or structures that are not read"}
    if looked.shape in reasons:
        return Role(looked.name, "ignored", reasons[looked.shape])
    return None


_NEVER: dict[str, str] = {
    "id": "an identifier, by its name",
    "attribution": "an attribution or address, by its name",
    "date": "a date or time, by its name",
    "language": "the language of the row, by its name; state it as a target if it is one",
}


def _by_name(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    meanings = says(looked.name)
    for meaning, reason in _NEVER.items():
        if meaning in meanings and not (looked.shape == "text" and looked.words > 12):
            return Role(looked.name, "ignored", reason)
    if "group" in meanings and not free_text(looked) and looked.unique > 2:
        return Role(looked.name, "ignored", "says who or what a row belongs to; can be a `group`")
    if "position" in meanings and looked.shape == "number" and looked.integer and looked.unique > 2:
        return Role(looked.name, "ignored", "a position, by its name")
    return None


def _size(looked: Facts, every: Mapping[str, Facts]) -> Role | None:
    images = any(other.shape in ("image", "path") for other in every.values())
    if "size" in says(looked.name) and looked.shape == "number" and images:
        return Role(looked.name, "ignored", "a size of the image, by its name")
    return None


def _title(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    if "title" in says(looked.name) and looked.shape == "text" and not free_text(looked):
        return Role(looked.name, "ignored", "a title or name, not a label")
    return None


def _answer(looked: Facts, every: Mapping[str, Facts]) -> Role | None:
    others = any(other is not looked and free_text(other) for other in every.values())
    if "answer" in says(looked.name) and free_text(looked) and others:
        return Role(looked.name, "ignored", "free text to be found or written: no task yet")
    return None


def _unique(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    number = looked.shape == "number" and looked.integer and not says(looked.name) & {"amount"}
    code = looked.shape == "text" and (looked.codes > 0.9 or looked.words <= 1)
    nearly = looked.unique > 0.98 * looked.filled and looked.filled >= 20
    if (number or (code and looked.codes > 0.9)) and nearly:
        return Role(looked.name, "ignored", "another value in nearly every row: an identifier")
    return None


def _text(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    return _input(looked, "free text") if free_text(looked) else None


def _target(looked: Facts, _: Mapping[str, Facts]) -> Role | None:
    if looked.shape == "number" or label_like(looked):
        kind, reason = kind_of(looked)
        return Role(looked.name, "task", reason, kind=kind)
    return None


_RULES: tuple[Callable[[Facts, Mapping[str, Facts]], Role | None], ...] = (
    _empty, _split, _image, _other, _by_name, _size, _title, _answer, _unique, _text, _target,
)  # fmt: skip
