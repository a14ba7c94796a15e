"""From the cells of a target column to targets: labels, numbers, lists of labels, tags."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask._catalogue import nearest
from polytask._errors import ConfigError, DataError
from polytask.tasks.detection_facts import LARGEST, facts, missing, numbers
from polytask.tasks.detection_roles import kind_of, scale
from polytask.tasks.loading_lists import as_lists
from polytask.tasks.loading_tags import tags
from polytask.tasks.task import KINDS, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from polytask.tasks.task import Target

WORDS_SHARE = 0.1
"""A regression whose filled cells are words in more than this share of rows is refused."""

UNEVEN_SHARE = 0.5
"""A tagging whose tags do not fit the tokens in more than this share of rows is refused."""

_EXACT = 2**53
"""From here on not every whole number is a float, so labels stay as they are written."""


@dataclass(frozen=True)
class Wanted:
    """What the user said of a target; empty where nothing.

    Args:
        name: The task.
        target: The column.
        kind: What is predicted.
        map: Raw label to label.
        labels: The labels in order, low to high for an ordinal task.
    """

    name: str
    target: str
    kind: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A target column with what is needed to read it.

    Args:
        series: The cells.
        place: Where row i of them stands, e.g. `train.csv:12`.
        tokens: The tokens of each row, where the input is a token list.
    """

    series: pl.Series
    place: Callable[[int], str]
    tokens: pl.Series | None = None


@dataclass(frozen=True)
class Targets:
    """Targets of one task.

    Args:
        values: One a row, `None` where there is none.
        kind: What is predicted.
        reason: Why this kind.
        order: Ordinal: the labels from low to high.
        findings: Cells left out or repaired.
    """

    values: Sequence[Target | None]
    kind: Kind
    reason: str
    order: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_targets(column: Column, wanted: Wanted) -> Targets:
    """Read a target column.

    Args:
        column: Its cells.
        wanted: What the user said.

    Raises:
        ConfigError: An unknown kind, or a `map` or `labels` that do not fit.
        DataError: The cells cannot be what is wanted: with the first row that contradicts.
    """
    if wanted.kind and wanted.kind not in KINDS:
        raise ConfigError(
            f"Task {wanted.name!r}: unknown `kind` {wanted.kind!r}: {nearest(wanted.kind, KINDS)}"
        )
    series = _mapped(column.series, wanted)
    if not facts(series).filled:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} is empty in every row; a task "
            "needs labels. Choose another `target`"
        )
    kind, reason = _kind(series, column, wanted)
    read = _READERS.get(kind, _labels)
    return read(Column(series, column.place, column.tokens), wanted, (kind, reason))


def _kind(series: pl.Series, column: Column, wanted: Wanted) -> tuple[Kind, str]:
    for kind in KINDS:
        if kind == wanted.kind:
            return kind, "stated"
    looked = facts(series)
    if looked.shape == "list" and column.tokens is not None:
        both = (column.tokens.list.len() == series.list.len()).mean()
        if isinstance(both, float) and both >= 0.9:
            return "tagging", f"one of {looked.unique} tags a token"
    return kind_of(looked, stated=True)


def _mapped(series: pl.Series, wanted: Wanted) -> pl.Series:
    if not wanted.map:
        return series
    if series.dtype != pl.List:
        series = label_text(series)
    found = set(series.explode().drop_nulls().to_list() if series.dtype == pl.List else series)
    unknown = sorted(set(wanted.map) - found)
    if unknown:
        hint = nearest(unknown[0], {str(label) for label in found if label is not None})
        raise ConfigError(
            f"Task {wanted.name!r}: `map` names {unknown[0]!r}, which is not in the column "
            f"{wanted.target!r}: {hint}"
        )
    if series.dtype == pl.List:
        return series.list.eval(pl.element().replace(dict(wanted.map)))
    return series.replace(dict(wanted.map))


def label_text(series: pl.Series) -> pl.Series:
    """Labels as text: whole numbers without a point, booleans in lower case, no empty strings."""
    if series.dtype == pl.Boolean:
        return series.cast(pl.String).str.to_lowercase()
    if series.dtype.is_numeric() or facts(series).shape == "number":
        parsed = numbers(series)
        known = parsed.drop_nulls()
        if (known.abs() >= _EXACT).any():
            return series.cast(pl.String).str.strip_chars()
        if (known == known.round()).all():
            return parsed.cast(pl.Int64).cast(pl.String)
        return parsed.cast(pl.String)
    text = series.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def _labels(column: Column, wanted: Wanted, kind: tuple[Kind, str]) -> Targets:
    if column.series.dtype == pl.List:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} holds lists, and `kind: "
            f"{kind[0]}` takes one label a row; use multilabel or tagging"
        )
    text = label_text(column.series)
    distinct = text.drop_nulls().n_unique()
    if kind[0] == "binary" and distinct != 2:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} has {distinct} labels, and "
            "`kind: binary` takes two; use multiclass, or `map` the labels to two"
        )
    if distinct < 2:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} is constant (one label only); "
            "there is nothing to learn. Choose another `target`"
        )
    if distinct == len(text.drop_nulls()):
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} has another value in each of "
            f"its {distinct} rows; a label must return in several rows. Choose another `target`"
        )
    _check_labels(text.drop_nulls().to_list(), wanted)
    order = _order(text, wanted) if kind[0] == "ordinal" else ()
    return Targets(text.to_list(), *kind, order=order, findings=_rare(text, wanted))


def _rare(text: pl.Series, wanted: Wanted) -> tuple[Finding, ...]:
    counts = Counter(text.drop_nulls().to_list())
    single = sorted(label for label, count in counts.items() if count == 1)
    if not single:
        return ()
    named = ", ".join(repr(label) for label in single[:5])
    message = (
        f"Task {wanted.name!r}: {len(single)} label(s) stand in one row only ({named}); such a "
        "label cannot be both learned and judged"
    )
    return (Finding("rare_class", message, wanted.name, len(single)),)


def _check_labels(found: Iterable[str], wanted: Wanted) -> None:
    """Refuse a label that the labels stated, if any, lack."""
    missed = sorted(set(found) - set(wanted.labels))
    if wanted.labels and missed:
        hint = nearest(missed[0], wanted.labels)
        raise ConfigError(f"Task {wanted.name!r}: `labels` lacks {missed[0]!r}: {hint}")


def _order(text: pl.Series, wanted: Wanted) -> tuple[str, ...]:
    found = sorted(set(text.drop_nulls().to_list()))
    if wanted.labels:
        return wanted.labels
    parsed = [_float(label) for label in found]
    if all(number is not None for number in parsed):
        return tuple(sorted(found, key=float))
    known = scale(tuple(found))
    if not known:
        some = ", ".join(map(repr, found[:6]))
        raise ConfigError(
            f"Task {wanted.name!r}: the order of {some} is not known; give `labels: [low, …, high]`"
        )
    return known


def _float(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) else None


def _numbers(column: Column, wanted: Wanted, kind: tuple[Kind, str]) -> Targets:
    series = column.series
    if series.dtype == pl.List or series.dtype == pl.Binary:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} holds no numbers; "
            "`kind: regression` takes one number a row"
        )
    if wanted.labels:
        raise ConfigError(
            f"Task {wanted.name!r} is a regression, which has no `labels`; leave them out, or "
            "state another `kind`"
        )
    text = series.dtype == pl.String
    parsed = numbers(series)
    bad = np.flatnonzero((series.is_not_null() & parsed.is_null()).to_numpy())
    words = np.flatnonzero((~missing(series) & parsed.is_null()).to_numpy()) if text else bad[:0]
    filled = max(1, len(series) - series.null_count())
    if len(words) > WORDS_SHARE * filled or parsed.null_count() == len(parsed):
        row = int(words[0]) if len(words) else int(bad[0])
        raise DataError(
            f"{column.place(row)}, column {wanted.target!r}: {series[row]!r} is no number "
            f"from {-LARGEST:g} to {LARGEST:g}, and task {wanted.name!r} is a regression "
            f"({len(words) or len(bad):,} such rows); state another `kind`, or repair the cells"
        )
    if parsed.drop_nulls().n_unique() < 2:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} is constant; there is nothing "
            "to learn. Choose another `target`"
        )
    return Targets(parsed.to_list(), *kind, findings=_bad_numbers(bad, column, wanted))


def _bad_numbers(bad: np.ndarray, column: Column, wanted: Wanted) -> tuple[Finding, ...]:
    if not len(bad):
        return ()
    cells = ", ".join(f"{column.place(int(i))} ({column.series[int(i)]!r})" for i in bad[:5])
    message = (
        f"Task {wanted.name!r}: {len(bad):,} cells of {wanted.target!r} are no numbers from "
        f"{-LARGEST:g} to {LARGEST:g} and count as missing: {cells}"
    )
    return (Finding("bad_number", message, wanted.name, len(bad)),)


def _multilabel(column: Column, wanted: Wanted, kind: tuple[Kind, str]) -> Targets:
    lists = as_lists(column.series, f"The target {wanted.target!r} of task {wanted.name!r}")
    values = [None if row is None else list(dict.fromkeys(row)) for row in lists.to_list()]
    counts = Counter(label for row in values for label in row or ())
    if len(counts) < 1 or max(counts.values()) < 2:
        raise DataError(
            f"The target {wanted.target!r} of task {wanted.name!r} has no label that stands in two "
            "rows; a label must return in several rows. Choose another `target`"
        )
    _check_labels(counts, wanted)
    return Targets(values, *kind)


def _tagging(column: Column, wanted: Wanted, kind: tuple[Kind, str]) -> Targets:
    what = f"The target {wanted.target!r} of task {wanted.name!r}"
    if column.tokens is None:
        raise DataError(
            f"{what} is tagging, which needs an `input` column with a list of tokens a row"
        )
    lists = as_lists(column.series, what, split=True)
    values, findings = tags(lists, column.tokens, column.place, wanted.name)
    uneven = sum(finding.count for finding in findings if finding.code == "uneven_tags")
    if uneven > UNEVEN_SHARE * (len(lists) - lists.null_count()):
        row = int(
            (lists.list.len() != column.tokens.list.len()).fill_null(value=False).arg_max() or 0
        )
        raise DataError(
            f"{column.place(row)}: {what} has another number of tags than tokens in {uneven:,} "
            f"rows ({len(lists[row])} tags and {len(column.tokens[row])} tokens in this one); "
            "tagging takes one tag a token. Choose another `kind` or `target`"
        )
    _check_labels((tag for value in values for tag in value or ()), wanted)
    return Targets(values, *kind, findings=tuple(findings))


_READERS: dict[str, Callable[[Column, Wanted, tuple[Kind, str]], Targets]] = {
    "regression": _numbers,
    "multilabel": _multilabel,
    "tagging": _tagging,
}


def label_order(targets: Sequence[Any], order: tuple[str, ...]) -> tuple[str, ...]:
    """The labels that occur, in a fixed order: as given, by number, or by name.

    >>> label_order(["10", "9", "9"], ()), label_order([["B-x", "O"], ["O"]], ())
    (('9', '10'), ('B-x', 'O'))
    """
    found: set[str] = set()
    for target in targets:
        found.update(target if isinstance(target, list) else [target])
    if order:
        return tuple(label for label in order if label in found)
    if found and all(_float(label) is not None for label in found):
        return tuple(sorted(found, key=lambda label: (float(label), label)))
    return tuple(sorted(found))
