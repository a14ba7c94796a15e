"""Columns of inputs that a user's code makes of the others, alike for training and for new rows.

The file is that of the step `feature`: `main(inputs)` is given `inputs["rows"]`, dicts with the
other input columns, and returns `{"features": [{"NAME": "a text", …}, …]}`, a dict a row. It runs
where it can reach nothing (`polytask.isolation`), here and wherever the model goes. What it makes
of a row may depend on that row alone: the rows around it are others when the model is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import CodeError, LateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from polytask.tasks.task import Column, Inputs

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
        for place, value in enumerate(answers(code, NAME, names, rows)):
            known = found[place]
            if isinstance(known, dict):
                found[place] = str(value) if isinstance(value, CodeError) else {**known, **value}
    return found


def remade(inputs: Inputs) -> list[Made | str]:
    """What code makes of inputs, once more; nothing where there is no code."""
    texts = [c for c in inputs.columns if c.modality == "text" and not c.code]
    cells = zip(*(inputs.values[column.name] for column in texts), strict=True)
    rows = [dict(zip([column.name for column in texts], row, strict=True)) for row in cells]
    return made(inputs.columns, rows)


def answers(
    code: str, file: str, names: Sequence[str], rows: Sequence[Row]
) -> Iterator[Made | CodeError]:
    """What code makes of each row, or the error in its place; many rows are given at once.

    Where that fails each is given alone, but for code that breaks its limits.

    Args:
        code: The text of the file.
        file: What messages call it.
        names: The columns wanted.
        rows: By column the text or tokens of a row.
    """
    with _open(code, file) as asked:
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            (value,) = asked.answer([{"rows": [*some]}])
            listed = _listed(value, len(some))
            if isinstance(value, LateError):
                yield from [value] * len(some)
            elif listed is None:
                yield from (_alone(asked, row, file, names) for row in some)
            else:
                yield from (_texts(one, file, names) for one in listed)


def whole(code: str, file: str) -> CodeError | None:
    """The error of code that fails whatever it is given, also no rows; `None` if it does not."""
    with _open(code, file) as asked:
        (value,) = asked.answer([{"rows": []}])
    return value if isinstance(value, CodeError) else None


def check_alone(
    code: str, file: str, names: Sequence[str], rows: Sequence[Row], found: Sequence[Made]
) -> None:
    """Refuse code whose answer for a row is another when it is given that row alone.

    Args:
        code: The text of the file.
        file: What messages call it.
        names: The columns wanted.
        rows: All rows; some of them, evenly spread, are tried.
        found: What it made of each of them, given all.

    Raises:
        CodeError: Code that looks at other rows, a clock or chance.
    """
    places = np.unique(np.linspace(0, len(rows) - 1, min(_CHECKED, len(rows))).astype(int)).tolist()
    with _open(code, file) as asked:
        alone = [_alone(asked, rows[place], file, names) for place in places]
    for place, value in zip(places, alone, strict=True):
        if value != found[place]:
            told = str(value) if isinstance(value, CodeError) else value
            raise CodeError(
                f"{file}: what it makes of a row may depend on that row alone; among all rows it "
                f"made {found[place]!r:.80}, of the row alone {told!r:.80}"
            )


def read(path: Path, word: str) -> str:
    """The text of the file of a step.

    Args:
        path: The file.
        word: Which step, for messages.

    Raises:
        CodeError: It cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CodeError(
            f"The step `{word}`: {path} cannot be read: {error.strerror}; paths of steps are "
            "relative to the task file"
        ) from error
    except UnicodeDecodeError as error:
        raise CodeError(
            f"The step `{word}`: {path.name} is saved in another encoding: save it as UTF-8"
        ) from error


def _listed(value: Any, count: int) -> list[Any] | None:
    """The features that `main` returned, if there is one a row."""
    found = value.get("features") if isinstance(value, dict) else None
    return found if isinstance(found, list) and len(found) == count else None


def _alone(asked: Any, row: Row, file: str, names: Sequence[str]) -> Made | CodeError:
    (value,) = asked.answer([{"rows": [row]}])
    if isinstance(value, CodeError):
        return value
    listed = _listed(value, 1)
    if listed is None:
        return CodeError(
            f'{file}: main(inputs) returns {{"features": […]}} with a value for each row; of one '
            f"row it returned {value!r:.80}"
        )
    return _texts(listed[0], file, names)


def _texts(value: Any, file: str, names: Sequence[str]) -> Made | CodeError:
    """The texts of a row; numbers are written as text, null is no text."""
    if not isinstance(value, dict) or any(name not in value for name in names):
        wanted = ", ".join(f'"{name}": "…"' for name in names)
        return CodeError(f"{file}: a dict {{{wanted}}} a row; found {value!r:.80}")
    for name in names:
        one = value[name]
        if isinstance(one, bool) or not isinstance(one, (str, int, float, type(None))):
            return CodeError(f"{file}: {name!r} is a text, a number or null; found {one!r:.80}")
    # Half of a surrogate pair is no character, as in the data.
    found = {name: "" if value[name] is None else str(value[name]) for name in names}
    return {name: text.encode("utf-8", "replace").decode() for name, text in found.items()}


def _open(code: str, file: str) -> Any:
    from polytask.isolation import Limits, Rows

    return Rows(file, code, Limits(_SECONDS, _MEMORY))
