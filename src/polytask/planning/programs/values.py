"""What goes in and out of a task program: plain data, and names that stand for images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Row: TypeAlias = Mapping[str, Any]
Ask: TypeAlias = Callable[[Sequence[str]], "Sequence[str | Exception]"]
"""Answers prompts by a language model: a text each, or why there is none."""
Predict: TypeAlias = Callable[[str, Sequence[Any]], "Sequence[Json | Exception]"]
"""Answers a task for inputs, each a dict by column or the value of the only column.

One answer each, such as `{"label": "music", "probability": 0.9, "sure": True}`, or the error that
the program shall meet.
"""

_BRIEF = 120


class Images:
    """The images of a row: they stay outside of the sandbox, where a name stands for each.

    So a program can give a task the images of its row, and no other file.

    >>> images = Images({"ct": b"...", "note": "a cough"})
    >>> images.hidden
    {'ct': '⟨image ct⟩', 'note': 'a cough'}
    >>> images.shown("⟨image ct⟩")
    b'...'
    """

    def __init__(self, row: Row) -> None:
        row = {name: cell(value) for name, value in row.items()}
        self._found = {
            f"⟨image {name}⟩": value
            for name, value in row.items()
            if isinstance(value, (bytes, Path))
        }
        self._names = {id(value): name for name, value in self._found.items()}
        self.hidden = self.hide(row)

    def hide(self, value: Any) -> Any:
        """The value as the program sees it."""
        if isinstance(value, Mapping):
            return {key: self.hide(item) for key, item in value.items()}
        return self._names.get(id(value), value)

    def shown(self, value: Any) -> Any:
        """What the program gave, with images for their names."""
        if isinstance(value, Mapping):
            return {key: self.shown(item) for key, item in value.items()}
        return self._found.get(value, value) if isinstance(value, str) else value


def cell(value: Any) -> Any:
    """A cell of a row as a program gets it: what numpy and polars hold as plain data.

    >>> import numpy as np
    >>> cell(np.array(["a", "b"])), cell([np.float64(0.5)]), cell(b"png")
    (['a', 'b'], [0.5], b'png')
    """
    if isinstance(value, Mapping):
        return {key: cell(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [cell(item) for item in value]
    for name in ("tolist", "to_list"):  # of numpy; of polars
        if hasattr(value, name):
            return getattr(value, name)()
    return value


def key_of(word: str, about: str, value: Any) -> str:
    """Equal for equal calls.

    Args:
        word: What is called.
        about: The task or file that the call names, or "".
        value: What it is given.

    Raises:
        TypeError: No plain data.

    >>> key_of("predict", "mood", {"text": "hi"}) == key_of("predict", "mood", {"text": "hi"})
    True
    """
    return json.dumps([word, about, value], sort_keys=True, default=_digest)


def plain(value: Any) -> Json:
    """The value as JSON has it: tuples are lists, keys are text.

    Raises:
        TypeError: No plain data.
        ValueError: A number that is not finite.

    >>> plain({1: (2, 3)})
    {'1': [2, 3]}
    """
    made: Json = json.loads(json.dumps(value, allow_nan=False))
    return made


def brief(value: Any) -> str:
    """A value on one line, cut where it is long.

    >>> brief({"text": "hi"})
    '{"text": "hi"}'
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def told(answer: Any) -> str:
    """What a task answered, for a person.

    >>> told({"label": "music", "probability": 0.98, "sure": True, "probabilities": {}})
    'music (0.98, sure)'
    """
    if not isinstance(answer, Mapping) or "sure" not in answer:
        return brief(answer)
    said = next((answer[key] for key in ("label", "labels", "spans", "value") if key in answer), "")
    shown = said if isinstance(said, str) else brief(said)
    sure = "sure" if answer["sure"] else "not sure"
    share = answer.get("probability")
    return f"{shown} ({f'{share:.2f}, ' if isinstance(share, float) else ''}{sure})"


def _digest(value: Any) -> str:
    if isinstance(value, bytes):
        return f"bytes {hashlib.blake2b(value, digest_size=16).hexdigest()}"
    if isinstance(value, Path):
        return f"file {value}"
    raise TypeError(f"a task is given text, numbers, lists, dicts or an image; found {value!r}")
