"""Confusion: a heat table for few classes, a map and the most confused pairs for many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.markup import Safe, data, join, number, tag
from polytask.evaluation.rendering.plots import svg

if TYPE_CHECKING:
    from polytask.evaluation.report import Confusion

FEW = 14
"""Up to this many classes fit as a table with readable labels."""
NO_ANSWER = "(no answer)"
_SIDE = 420.0


@dataclass(frozen=True)
class Pair:
    """Rows of one class answered as another.

    Args:
        true: The right label.
        answered: The given label.
        count: How many rows.
        share: Of the rows of the right label, 0–1.
    """

    true: str
    answered: str
    count: int
    share: float


def shares(confusion: Confusion) -> list[list[float]]:
    """Each count as a share of its row; 0 in empty rows."""
    return [
        [count / total if (total := sum(row)) else 0.0 for count in row] for row in confusion.counts
    ]


def most_confused(confusion: Confusion, most: int = 12) -> list[Pair]:
    """The wrong cells with most rows, largest first, in label order among equals."""
    pairs = [
        Pair(
            confusion.labels[i] or NO_ANSWER,
            confusion.labels[j] or NO_ANSWER,
            count,
            count / sum(row),
        )
        for i, row in enumerate(confusion.counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    return sorted(pairs, key=lambda pair: -pair.count)[:most]


def plot(name: str, confusion: Confusion) -> Safe:
    """The confusion of task `name`, drawn as its number of classes allows."""
    if len(confusion.labels) <= FEW:
        return _table(confusion)
    return tag("div", _map(name, confusion), _pairs(confusion), class_="side")


def _table(confusion: Confusion) -> Safe:
    labels = [label or NO_ANSWER for label in confusion.labels]
    columns = join(tag("th", data(label), scope="col") for label in labels)
    head = tag("tr", tag("th", "right ↓  answered →", class_="corner"), columns)
    body = join(
        tag("tr", tag("th", data(label), scope="row"), _cells(counts, parts, i))
        for i, (label, counts, parts) in enumerate(
            zip(labels, confusion.counts, shares(confusion), strict=True)
        )
    )
    inner = tag("table", tag("thead", head), tag("tbody", body), class_="heat")
    return tag("div", inner, class_="scroll")


def _cells(counts: tuple[int, ...], parts: list[float], own: int) -> Safe:
    return join(
        tag(
            "td",
            f"{count:,}" if count else "",
            class_=("right" if i == own else "wrong") + (" strong" if share > 0.55 else ""),
            style=f"--s:{share:.3f}",
            title=f"{share:.0%}",
        )
        for i, (count, share) in enumerate(zip(counts, parts, strict=True))
    )


def _map(name: str, confusion: Confusion) -> Safe:
    size = _SIDE / len(confusion.labels)
    cells = [
        svg.box(
            (j * size, i * size),
            (size, size),
            "right" if i == j else "wrong",
            fill_opacity=f"{0.12 + 0.88 * share:.2f}",
            title=f"{confusion.labels[i]} → {confusion.labels[j]}: {confusion.counts[i][j]}",
        )
        for i, row in enumerate(shares(confusion))
        for j, share in enumerate(row)
        if share
    ]
    alt = f"{name}: confusion of {len(confusion.labels)} classes; right answers on the diagonal"
    frame = svg.box((0, 0), (_SIDE, _SIDE), "frame")
    caption = "right label down, answer across; point at a cell for its labels"
    drawn = svg.picture(_SIDE, _SIDE, alt, frame, *cells, class_="plot map")
    return tag("figure", drawn, tag("figcaption", caption))


def _pairs(confusion: Confusion) -> Safe:
    rows = join(
        tag(
            "tr",
            tag("td", data(pair.true)),
            tag("td", data(pair.answered)),
            number(f"{pair.count:,}"),
            number(f"{pair.share:.0%}"),
        )
        for pair in most_confused(confusion)
    )
    words = [tag("th", head, scope="col") for head in ("right", "answered")]
    heads = join([*words, number("rows", "th"), number("of class", "th")])
    caption = tag("caption", "Most confused")
    inner = tag("table", caption, tag("thead", tag("tr", heads)), tag("tbody", rows))
    return tag("div", inner, class_="scroll")
