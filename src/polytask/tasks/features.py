"""Columns of inputs that a user's code makes of the others, alike for training and for new rows.

The file is that of the step `feature`: `main(inputs)` is given `inputs["rows"]`, dicts with the
other input columns, and returns `{"features": [{"NAME": "a text", …}, …]}`, a dict a row. It runs
where it can reach nothing (`polytask.isolation`), here and wherever the model goes. What it makes
of a row may depend on that row alone: the rows around it are others when the model is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import CodeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from polytask.tasks.task import Column

NAME = "feature.py"
"""What messages call the file once it has become part of a task."""
_TOGETHER = 2_000
_CHECKED = 20
_SECONDS, _MEMORY = 120.0, 4 * 2**30

Row = dict[str, Any]
Made = dict[str, str]


def made(columns: Sequence[Column], rows: Sequence[Row]) -> list[Made | str]:
    """What code makes of rows by column, or for a row that it fails on why, in words.

    Args:
        columns: Input columns; those with code are made.
        rows: By column without code the text or tokens of a row.

    Raises:
        MissingError: The machine has no way to shut code in.
    """
    found: list[Made | str] = [{} for _ in rows]
    for code in dict.fromkeys(column.code for column in columns if column.code):
        names = [column.name for column in columns if column.code == code]
        for place, value in enumerate(_of_all(code, names, rows)):
            known = found[place]
            both = isinstance(known, dict) and isinstance(value, dict)
            found[place] = {**known, **value} if both else value  # type: ignore[dict-item]
    return found


def texts(value: Any, names: Sequence[str]) -> Made:
    """The texts that code returned for a row; numbers are written as text, null is no text.

    Raises:
        CodeError: Something else, or a name is missing.
    """
    if not isinstance(value, dict) or any(name not in value for name in names):
        wanted = ", ".join(f'"{name}": "…"' for name in names)
        raise CodeError(f"a dict {{{wanted}}} a row; found {value!r:.80}")
    for name in names:
        if not isinstance(value[name], (str, int, float, type(None))):
            raise CodeError(f"{name!r} is a text, a number or null; found {value[name]!r:.80}")
    return {name: "" if value[name] is None else str(value[name]) for name in names}


def check_alone(code: str, name: str, rows: Sequence[Row], found: Sequence[Any]) -> None:
    """Refuse code whose answer for a row is another when it is given that row alone.

    Args:
        code: The text of the file.
        name: What messages call it.
        rows: All rows; some of them, evenly spread, are tried.
        found: What it returned for each of them, given all.

    Raises:
        CodeError: Code that looks at other rows, a clock or chance.
    """
    places = np.unique(np.linspace(0, len(rows) - 1, min(_CHECKED, len(rows))).astype(int)).tolist()
    with _open(code) as asked:
        alone = asked.answer([{"rows": [rows[place]]} for place in places])
    for place, value in zip(places, alone, strict=True):
        if isinstance(value, CodeError) or value.get("features") != [found[place]]:
            told = value if isinstance(value, CodeError) else value.get("features")
            raise CodeError(
                f"{name}: what it makes of a row may depend on that row alone; among all rows it "
                f"made {found[place]!r:.80}, of the row alone {told!r:.80}"
            )


def read(path: Path) -> str:
    """The text of a file.

    Raises:
        CodeError: It cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CodeError(f"The step {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CodeError(f"{path.name} is saved in another encoding: save it as UTF-8") from error


def _of_all(code: str, names: Sequence[str], rows: Sequence[Row]) -> Iterator[Made | str]:
    with _open(code) as asked:
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            (value,) = asked.answer([{"rows": list(some)}])
            listed = value.get("features") if isinstance(value, dict) else None
            if not isinstance(listed, list) or len(listed) != len(some):
                listed = [_only(one) for one in asked.answer([{"rows": [row]} for row in some])]
            for one in listed:
                yield _told(one, names)


def _only(value: Any) -> Any:
    """The features of a row that was given alone, or the error."""
    if isinstance(value, CodeError):
        return value
    listed = value.get("features") if isinstance(value, dict) else None
    return listed[0] if isinstance(listed, list) and len(listed) == 1 else listed


def _told(value: Any, names: Sequence[str]) -> Made | str:
    try:
        if isinstance(value, CodeError):
            raise value
        return texts(value, names)
    except CodeError as error:
        return f"{NAME}: {error}"


def _open(code: str) -> Any:
    from polytask.isolation import Limits, Rows

    return Rows(NAME, code, Limits(_SECONDS, _MEMORY))
