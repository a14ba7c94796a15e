"""Reading and writing `report.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask import _durable
from polytask._errors import DataError, OutputError, command
from polytask.evaluation.report.jsonform import decode, encode
from polytask.evaluation.report.run import FORMAT, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORDERED = ("tasks",)
_WIDTH = 100


def write(report: Report, path: str | Path) -> None:
    """Write `report` as JSON; the same report gives the same bytes.

    The file appears whole or not at all: it is written beside `path`, synced and renamed.

    Args:
        report: What to write.
        path: The file, usually `report.json` in the run folder.

    Raises:
        OutputError: The file cannot be written.
    """
    text = to_json(report)
    target = Path(path)
    try:
        _durable.write(target, text)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}. Make room or choose another "
            f"folder, then run again to resume"
        ) from error


def read(path: str | Path) -> Report:
    """Read a report; keys that this version does not know are ignored.

    Args:
        path: A `report.json`, or the run folder that holds it.

    Raises:
        DataError: There is no report, it is damaged, or of a newer format.
    """
    source = Path(path)
    source = source / "report.json" if source.is_dir() else source
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{source} cannot be read: {error.strerror or error}. A report is written when a run "
            f"ends: resume it with {command('run', source.parent)}"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is not UTF-8 (byte {error.start}). It is damaged") from error
    return from_json(text, place=str(source))


def to_json(report: Report) -> str:
    """The text of `report.json`, ending in a newline."""
    value = encode(report, Report, ordered=_ORDERED)
    head = {key: value.pop(key) for key in ("format", "sentence")}
    return "".join(_lay_out(head | value, "")) + "\n"


def from_json(text: str, *, place: str = "report.json") -> Report:
    """The report in `text`.

    Args:
        text: What `to_json` gave.
        place: Where it stands, for messages.

    Raises:
        DataError: It is damaged or of a newer format.
    """
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place} is not whole JSON ({error}). It is damaged: run again") from error
    version = value.get("format") if isinstance(value, dict) else None
    if type(version) is not int:
        raise DataError(f"{place} is no report of polytask: it has no `format`")
    if version > FORMAT:
        raise DataError(
            f"{place} has format {version}, this polytask reads up to {FORMAT}: "
            f"pip install -U polytask"
        )
    return decode(value, Report, place=place)


def _lay_out(value: Any, indent: str) -> Iterator[str]:
    """JSON that a person can read: what fits stands on one line, all else an entry a line."""
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(flat) <= _WIDTH or _is_row(value):
        yield flat
        return
    marks = "{}" if isinstance(value, dict) else "[]"
    entries = value.items() if isinstance(value, dict) else [("", item) for item in value]
    before = f"{marks[0]}\n"
    for key, item in entries:
        yield before + indent + " "
        if isinstance(value, dict):
            yield json.dumps(key, ensure_ascii=False) + ": "
        yield from _lay_out(item, indent + " ")
        before = ",\n"
    yield f"\n{indent}{marks[1]}"


def _is_row(value: Any) -> bool:
    """A string, or a list of numbers such as a row of a confusion: one line, however long."""
    if not isinstance(value, list):
        return not isinstance(value, dict)
    return all(isinstance(item, int | float) for item in value)
