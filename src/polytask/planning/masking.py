"""Messages as someone may read them who is not to see the user's rows."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_TEXT = r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_QUOTED = re.compile(rf"(?<!\w){_TEXT}")
_CELL = re.compile(rf"(found |\d \(|column {_TEXT}: ){_TEXT}")
_LONG = re.compile(r"""(?<![\w'"])('(?:[^'\\\n]|\\.){41,}'|"(?:[^"\\\n]|\\.){41,}")""")


def without_cells(text: str) -> str:
    """A message without what may be the value of a cell.

    That is what it found, what it quotes behind a row or column, and whatever long it quotes.
    Names of columns, tasks and labels are left.

    >>> without_cells("a.csv:3: `age` is a number; found 'Ann Lee'")
    'a.csv:3: `age` is a number; found …'
    """
    return _LONG.sub("…", _CELL.sub(r"\1…", text))


def with_quotes_of(known: Collection[str], text: str) -> str:
    """A message in which nothing is quoted but what its reader knows already.

    Args:
        known: What may be quoted.
        text: The message.

    >>> with_quotes_of(["age"], "a.csv:3, column 'age': 'Ann Lee' is no number")
    "a.csv:3, column 'age': … is no number"
    """
    return _QUOTED.sub(lambda found: found[0] if _value(found[0]) in known else "…", text)


def _value(quoted: str) -> str:
    try:
        return str(ast.literal_eval(quoted))
    except (ValueError, SyntaxError):  # as an escape that is none
        return quoted[1:-1]
