"""How a written plan words things: figures, lists, names, lengths of time."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from polytask.planning.budget import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.tasks.profile import TaskProfile

WIDTH = 96


def quoted(text: str) -> str:
    r"""A string literal, double quotes as formatters have it.

    >>> print(quoted('say "no"'), quoted("情感"))
    "say \"no\"" "情感"
    """
    return json.dumps(text, ensure_ascii=False)


def plain(text: str) -> str:
    r"""A name as it can stand in a comment or a docstring: one line, nothing that ends either.

    >>> plain('two\nlines "quoted"')
    "two lines 'quoted'"
    """
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.replace("\\", "/").replace('"', "'").split())


def listed(names: Sequence[str]) -> str:
    """Names in a sentence; the first five and a count when there are more than six.

    >>> listed(["a", "b"]), listed(list("abcdefgh"))
    ('a, b', 'a, b, c, d, e and 3 more')
    """
    shown = [plain(name) for name in names]
    if len(shown) <= 6:
        return ", ".join(shown)
    return f"{', '.join(shown[:5])} and {len(shown) - 5} more"


def wrap(text: str) -> list[str]:
    """Lines of a comment or docstring, not broken inside words or hyphens."""
    return textwrap.wrap(text, WIDTH - 6, break_long_words=False, break_on_hyphens=False)


def block(start: str, items: Iterable[str], end: str) -> list[str]:
    """A list or dict on one line where it fits, else filled lines with a trailing comma.

    >>> block("A = [", ["1", "2"], "]")
    ['A = [1, 2]']
    """
    written = list(items)
    line = f"{start}{', '.join(written)}{end}"
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(start) - len(start.lstrip()))
    lines, current = [start], f"{indent}   "
    for item in written:
        if len(current) + len(item) + 2 > WIDTH and current.strip():
            lines.append(current)
            current = f"{indent}   "
        current += f" {item},"
    return [*lines, current, f"{indent}{end}"]


def points(margin: float) -> str:
    """A fraction in points.

    >>> points(0.005), points(0.02)
    ('0.5 point', '2 points')
    """
    found = round(margin * 100, 3)
    return f"{found:g} point" + ("" if found <= 1 else "s")


def about(seconds: float) -> str:
    """A length of time as an expectation: in seconds, tens of seconds, or minutes.

    >>> about(7.2), about(133.0), about(1834.0), about(0.2)
    ('about 7s', 'about 2m10s', 'about 31m', 'about 1s')
    """
    if seconds < 20:
        return f"about {show(float(max(1, round(seconds))))}"
    unit = 10 if seconds < 600 else 60
    return f"about {show(float(round(seconds / unit) * unit))}"


def figures(task: TaskProfile) -> str:
    """What the plan says of a task: kind, metric, input, classes, rows."""
    language = f" ({task.language})" if task.language else ""
    classes = f", {len(task.classes)} classes" if task.classes else ""
    folds = f", {task.folds} folds" if task.folds > 1 else ""
    return (
        f"{task.kind} by {task.metric} on {task.modality}{language}{classes}; "
        f"{task.n_train:,} rows to learn from, {task.n_dev:,} dev{folds}"
    )
