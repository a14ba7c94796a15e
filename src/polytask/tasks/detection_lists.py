"""List columns, looked at together: tokens and the tags beside them, or lists of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.tasks.detection_facts import Facts, aligned, pieces
from polytask.tasks.detection_names import says
from polytask.tasks.detection_roles import MAX_TAGS, Role, free_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl


def list_roles(frame: pl.DataFrame, looked: Mapping[str, Facts]) -> dict[str, Role]:
    """Roles of the columns that hold lists of strings.

    Args:
        frame: The table.
        looked: The figures of each of its columns.
    """
    lists = [found for found in looked.values() if found.shape == "list"]
    roles = {found.name: _alone(found, frame, looked) for found in lists}
    tokens = _tokens([found for found in lists if roles[found.name].role != "ignored"], looked)
    if tokens is None:
        return roles
    roles[tokens.name] = Role(tokens.name, "input", "lists of tokens", "text", tokens=True)
    for found in lists:
        if found is not tokens and _tags(found, tokens, frame):
            reason = f"one of {found.unique} tags a token of {tokens.name!r}"
            roles[found.name] = Role(found.name, "task", reason, kind="tagging")
    return roles


def _alone(found: Facts, frame: pl.DataFrame, looked: Mapping[str, Facts]) -> Role:
    for other in looked.values():
        if free_text(other) and pieces(frame[found.name], frame[other.name].cast(str)):
            return Role(found.name, "ignored", f"pieces of the column {other.name!r}")
    total = found.words * found.filled
    if found.unique > MAX_TAGS or total < 3 * found.unique:
        if _wordy(found, looked):
            return Role(found.name, "input", "lists of tokens", "text", tokens=True)
        return Role(found.name, "ignored", f"lists with {found.unique:,} different items")
    reason = f"lists of labels, {found.unique} different ones"
    return Role(found.name, "task", reason, kind="multilabel")


def _wordy(found: Facts, looked: Mapping[str, Facts]) -> bool:
    if "tokens" in says(found.name):
        return True
    return found.words >= 2 and not any(free_text(other) for other in looked.values())


def _tokens(lists: list[Facts], looked: Mapping[str, Facts]) -> Facts | None:
    named = [found for found in lists if "tokens" in says(found.name)]
    if named:
        return named[0]
    if any(free_text(other) for other in looked.values()):
        return None
    large = [found for found in lists if found.words >= 2 and found.unique > 20]
    return max(large, key=lambda found: found.unique, default=None)


def _tags(found: Facts, tokens: Facts, frame: pl.DataFrame) -> bool:
    few = found.unique <= min(MAX_TAGS, max(20, tokens.unique // 2))
    return few and aligned(frame[found.name], frame[tokens.name]) >= 0.9
