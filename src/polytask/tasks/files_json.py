"""jsonl and JSON arrays: objects with one value a column; broken lines skipped and listed.

Types are decided over the whole file, so that a late "n/a" among numbers, or one string among
lists, neither fails nor silently empties the column: numbers beside texts become text, single
values in a column of lists become empty with a finding, nested objects become JSON text.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from polytask._errors import DataError
from polytask.tasks.files_raw import Limits, Raw
from polytask.tasks.files_rows import BadRows, Sample, sampled
from polytask.tasks.files_text import MAX_LINE, Encoding, encoding_of, lines, pieces
from polytask.tasks.task import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Kinds: TypeAlias = "dict[str, Counter[str]]"

_INT64 = range(-(2**63), 2**63)
_WAY_OUT = "write it with `frame.to_json(path, orient='records', lines=True, force_ascii=False)`"
_KINDS: dict[type, str] = {
    str: "text",
    int: "int",
    float: "float",
    bool: "bool",
    list: "list",
    dict: "object",
    type(None): "none",
}
_NUMBERS: dict[frozenset[str], Any] = {
    frozenset({"bool"}): pl.Boolean,
    frozenset({"int"}): pl.Int64,
    frozenset({"float"}): pl.Float64,
    frozenset({"int", "float"}): pl.Float64,
}
"""Kinds that stand in a column together → the type they are kept in; any others: text."""


def read_jsonl(path: Path, limits: Limits) -> Raw:
    """The rows of a file with one JSON object a line; `rows` are line numbers.

    Raises:
        DataError: No rows, or more broken lines than good ones.
    """
    encoding = encoding_of(path)
    records = (
        (number, line) for number, line in enumerate(lines(path, encoding), 1) if line.strip()
    )
    return _build(path, records, limits, encoding.findings(str(path)))


def read_json(path: Path, limits: Limits) -> Raw:
    """The rows of a JSON array of objects, `rows` being elements; or of jsonl named `.json`.

    Raises:
        DataError: Neither of both, or the array is broken; says the element.
    """
    encoding = encoding_of(path)
    first = _beginning(path, encoding)
    if not first.startswith("["):
        if not _is_row(_value(first.encode())):
            raise DataError(
                f"{path} is neither an array of objects nor one object a line: {_WAY_OUT}"
            )
        return read_jsonl(path, limits)
    texts = _elements(path, pieces(path, encoding))
    records = ((number, text.encode()) for number, text in enumerate(texts, 1))
    return _build(path, records, limits, encoding.findings(str(path)))


def looks_like_rows(path: Path) -> bool:
    """Whether a `.json` file holds rows: an array of objects, or an object a line.

    Raises:
        DataError: The file cannot be read as text.
    """
    first = _beginning(path, encoding_of(path))
    return bool(re.match(r"\[\s*(\{|\Z)", first)) or _is_row(_value(first.encode()))


def _beginning(path: Path, encoding: Encoding) -> str:
    """The first line that is not blank, or the first megabytes of it."""
    first = next(pieces(path, encoding), "").lstrip()
    return first.partition("\n")[0].rstrip()


def _is_row(value: dict[str, Any] | None) -> bool:
    """Whether an object is a row, and not a whole table by columns or under a key."""
    if not value:
        return False
    if all(isinstance(item, dict) for item in value.values()):
        return False
    tables = [
        isinstance(item, list) and item and isinstance(item[0], dict) for item in value.values()
    ]
    return not all(tables)


def _build(
    path: Path, records: Iterable[tuple[int, bytes]], limits: Limits, findings: list[Finding]
) -> Raw:
    source = str(path)
    bad, sample = BadRows(source, "line"), Sample(limits)
    kinds: Kinds = defaultdict(Counter)
    for row, record in records:
        value = _value(record)
        if value is None:
            bad.add(row, "not a JSON object")
            continue
        if not sample.seen:
            _check_keys(path, row, record)
        _note(kinds, value)
        sample.add(record, row)
    findings += bad.findings(sample.seen)
    if not kinds:
        raise DataError(f"{path} has no rows: it needs one JSON object a line, {_WAY_OUT}")
    rows = sample.rows()
    findings += sampled(source, sample.seen, len(rows))
    schema = {name: _dtype(found) for name, found in kinds.items()}
    frames = [_frame([_value(record) or {} for record in b], schema) for b in sample.batches()]
    frame = pl.concat(frames, rechunk=False)
    return Raw(frame, source, findings + _mixed(source, kinds, schema), rows)


def _value(record: bytes) -> dict[str, Any] | None:
    try:
        # Given bytes, json guesses the encoding anew for every line, which takes half the time.
        value = json.loads(record.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value else None


def _check_keys(path: Path, row: int, record: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, count in Counter(name for name, _ in pairs).items():
            if count > 1:
                raise DataError(
                    f"{path}:{row} has the key {name!r} twice: names must differ; rename one"
                )
        return dict(pairs)

    json.loads(record, object_pairs_hook=unique)


def _elements(path: Path, texts: Iterator[str]) -> Iterator[str]:
    """The elements of a JSON array as texts, holding little more than one piece."""
    decoder = json.JSONDecoder()
    buffer, position, count = "", 0, 0
    while True:
        position = _skip(buffer, position, "," if count else "[")
        if buffer[position : position + 1] == "]":
            return
        try:
            _, end = decoder.raw_decode(buffer, position)
        except (ValueError, RecursionError):
            more = next(texts, "")
            if not more or len(buffer) - position > MAX_LINE:
                raise _broken(path, count + 1) from None
            buffer, position = buffer[position:] + more, 0
            continue
        count += 1
        yield buffer[position:end]
        position = end


def _skip(buffer: str, position: int, mark: str) -> int:
    """Past one `mark` and the white space around it."""
    found = re.compile(rf"\s*(?:{re.escape(mark)}\s*)?").match(buffer, position)
    return found.end() if found else position


def _broken(path: Path, element: int) -> DataError:
    return DataError(
        f"{path}: element {element} of the array is broken or the file is cut short, and what "
        f"follows cannot be read: mend it, or {_WAY_OUT}"
    )


def _note(kinds: Kinds, value: dict[str, Any]) -> None:
    for name, item in value.items():
        kind = _kind(item)
        kinds[name][kind] += 1
        if kind == "list":
            kinds[name].update({f"list of {_kind(inner)}" for inner in item})


def _kind(value: Any) -> str:
    kind = _KINDS[type(value)]
    return "text" if kind == "int" and value not in _INT64 else kind


def _dtype(found: Counter[str]) -> Any:
    if found["list"] > _singles(found) and not found["object"]:
        return _list_dtype(found)
    if any(found[kind] for kind in ("text", "list", "object")):
        return pl.String
    return _NUMBERS.get(frozenset(found) - {"none"}, pl.String)


def _list_dtype(found: Counter[str]) -> pl.List:
    inner = {kind.removeprefix("list of ") for kind in found if kind.startswith("list of ")}
    return pl.List(_NUMBERS.get(frozenset(inner) - {"none"}, pl.String))


def _singles(found: Counter[str]) -> int:
    return sum(found[kind] for kind in ("text", "int", "float", "bool"))


def _frame(values: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    columns = {
        name: pl.Series(name, [_fit(value.get(name), dtype) for value in values], dtype=dtype)
        for name, dtype in schema.items()
    }
    return pl.DataFrame(columns)


def _fit(value: Any, dtype: Any) -> Any:
    if value is None:
        return None
    if isinstance(dtype, pl.List):
        return [_fit(item, dtype.inner) for item in value] if isinstance(value, list) else None
    if dtype == pl.String:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return float(value) if dtype == pl.Float64 else value


def _mixed(source: str, kinds: Kinds, schema: dict[str, Any]) -> list[Finding]:
    found = []
    for name, dtype in schema.items():
        count = _singles(kinds[name]) if isinstance(dtype, pl.List) else 0
        if count:
            message = (
                f"{source}: column {name!r} holds lists, but {count:,} rows hold a single value; "
                "these are taken as empty"
            )
            found.append(Finding("mixed_types", message, name, count))
    return found
