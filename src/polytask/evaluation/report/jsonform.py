"""Frozen dataclasses to JSON values and back, driven by their annotations.

Knows `X | None`, `tuple[X, ...]`, `dict[str, X]`, dataclasses, `str`, `int`, `float`, `bool`. The
same value always gives the same text: mappings other than those named `ordered` are sorted by key,
floats are rounded to 12 significant digits, NaN and infinities become null.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import numbers
import types
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from polytask._errors import DataError

Value = TypeVar("Value")
DIGITS = 12


def encode(value: Any, hint: Any, *, ordered: tuple[str, ...] = ()) -> Any:
    """The JSON value of `value`.

    Args:
        value: A value of the type `hint`; NumPy scalars are taken for numbers.
        hint: Its annotation, resolved.
        ordered: Names of dataclass fields whose mappings keep their order.

    >>> encode({"b": float("nan"), "a": 1 / 3}, dict[str, float])
    {'a': 0.333333333333, 'b': None}
    """
    hint = _inner(hint)
    if value is None:
        return None
    if dataclasses.is_dataclass(hint):
        return {
            name: _field(getattr(value, name), inner, ordered, keep=name in ordered)
            for name, inner in _fields(cast("type", hint)).items()
        }
    if get_origin(hint) is tuple:
        return [encode(item, get_args(hint)[0], ordered=ordered) for item in value]
    if get_origin(hint) is dict:
        return _field(value, hint, ordered, keep=False)
    return _scalar(value, hint)


def decode(value: Any, hint: type[Value], *, place: str) -> Value:
    """The value that `encode` wrote; unknown keys are ignored, missing ones take their default.

    Args:
        value: What `json.loads` gave.
        hint: The annotation to read it as, resolved.
        place: Where it stands, for messages, e.g. `"report.json"`.

    Raises:
        DataError: A key without default is missing, or a value has another type.
    """
    found: Value = _decode(value, hint, place)
    return found


def _field(value: Any, hint: Any, ordered: tuple[str, ...], *, keep: bool) -> Any:
    hint = _inner(hint)
    if value is None or get_origin(hint) is not dict:
        return encode(value, hint, ordered=ordered)
    inner = get_args(hint)[1]
    items = [
        (_clean(str(key)), encode(item, inner, ordered=ordered)) for key, item in value.items()
    ]
    return dict(items if keep else sorted(items, key=lambda item: item[0]))


def _scalar(value: Any, hint: Any) -> Any:
    if hint is float and isinstance(value, numbers.Real):
        number = float(value)
        return float(f"{number:.{DIGITS}g}") + 0.0 if math.isfinite(number) else None
    if hint is bool:
        return bool(value)
    if hint is int and isinstance(value, numbers.Integral):
        return int(value)
    if hint is str:
        return _clean(str(value))
    raise TypeError(f"expected {hint}; found {value!r}")


def _clean(text: str) -> str:
    """Lone surrogates cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _inner(hint: Any) -> Any:
    """`X` of `X | None`."""
    if isinstance(hint, types.UnionType):
        return next(item for item in get_args(hint) if item is not type(None))
    return hint


@functools.cache
def _fields(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in dataclasses.fields(kind)}


def _decode(value: Any, hint: Any, place: str) -> Any:
    if value is None:
        return _absent(hint, place)
    hint = _inner(hint)
    if dataclasses.is_dataclass(hint):
        return _decode_dataclass(value, hint, place)
    if get_origin(hint) is tuple:
        items = _expect(value, list, place)
        inner = get_args(hint)[0]
        return tuple(_decode(item, inner, f"{place}[{i}]") for i, item in enumerate(items))
    if get_origin(hint) is dict:
        items = _expect(value, dict, place)
        inner = get_args(hint)[1]
        return {key: _decode(item, inner, f"{place}.{key}") for key, item in items.items()}
    return _decode_scalar(value, hint, place)


def _absent(hint: Any, place: str) -> None:
    # NaN was written as null, so null is a number's legal absence in a list or mapping, too.
    if isinstance(hint, types.UnionType) or hint is float:
        return
    raise DataError(f"{place}: a value is needed; found null. The file is damaged: run again")


def _decode_dataclass(value: Any, kind: Any, place: str) -> Any:
    keys = _expect(value, dict, place)
    found = {
        name: _decode(keys[name], hint, f"{place}.{name}")
        for name, hint in _fields(kind).items()
        if name in keys
    }
    for item in dataclasses.fields(kind):
        needed = item.default is item.default_factory is dataclasses.MISSING
        if needed and item.name not in found:
            raise DataError(f"{place}: the key {item.name!r} is missing. The file is damaged")
    return kind(**found)


def _decode_scalar(value: Any, hint: Any, place: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _expect(value, hint, place)


def _expect(value: Any, kind: type, place: str) -> Any:
    if type(value) is not kind:
        raise DataError(
            f"{place}: expected {kind.__name__}; found {value!r:.60}. "
            "The file is damaged: run again"
        )
    return value
