"""HTML that is escaped by construction.

Every string is text unless it is `Safe`, and only `tag`, `text` and `join` make `Safe` values, so
that labels, sentences and file names from the data can never become markup, move the reading
direction of what follows, or hide in control characters.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"br", "img", "meta", "link", "hr"})
_BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")


class Safe(str):
    """Markup that is already escaped."""

    __slots__ = ()


def visible(text: str) -> str:
    """The text with control characters shown: as control pictures, or by code point.

    >>> visible("a\\x1b[31m\\u202e\\x00")
    'a␛[31m[U+202E]␀'
    """
    shown = "".join(
        _picture(char) if char < " " or "\x7f" <= char <= "\x9f" else char for char in text
    )
    shown = _BIDI.sub(lambda found: f"[U+{ord(found[0]):04X}]", shown)
    return _SURROGATE.sub("\ufffd", shown)


def _picture(char: str) -> str:
    if char in "\n\t":
        return char
    if char == "\x7f":
        return "␡"
    return chr(0x2400 + ord(char)) if char < " " else f"[U+{ord(char):04X}]"


def text(value: object) -> Safe:
    """`value` as escaped text; a `Safe` value stays as it is.

    >>> text("<b> & co")
    '&lt;b&gt; &amp; co'
    """
    return value if isinstance(value, Safe) else Safe(escape(visible(str(value))))


def join(parts: Iterable[object], between: str = "") -> Safe:
    """Escaped parts one after the other."""
    return Safe(str(text(between)).join(text(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Safe:
    """An element; `None` children and attributes are left out.

    Args:
        name: The element.
        children: Text (escaped) or `Safe` markup.
        attributes: `class_` is written `class`, other underscores become hyphens; `True` gives
            an attribute without a value.

    >>> tag("td", "a < b", class_="num", title='"x"', hidden=None)
    '<td class="num" title="&quot;x&quot;">a &lt; b</td>'
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Safe(f"<{name}{shown}>")
    inner = join(child for child in children if child is not None)
    return Safe(f"<{name}{shown}>{inner}</{name}>")


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key if key == "viewBox" else key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value)}"'


def data(value: object, **attributes: object) -> Safe:
    """Text that comes from the user's data: isolated, so that right-to-left text stays inside."""
    return tag("bdi", value, **attributes)


def picture(uri: str, alt: str) -> Safe | None:
    """A thumbnail, or `None` unless `uri` is an image held in the page itself."""
    if not _IMAGE.fullmatch(uri):
        return None
    return tag("img", src=uri, alt=alt, loading="lazy")


def number(value: object, name: str = "td") -> Safe:
    """A cell with a number, aligned to the right; `name` is "th" for its heading."""
    return tag(name, value, class_="num", scope="col" if name == "th" else None)


def table(head: Iterable[object], rows: Iterable[Iterable[object]], **attributes: object) -> Safe:
    """A table of `Safe` cells (`td`, `th`) or of texts, each put in a cell."""
    return tag(
        "table",
        tag("thead", tag("tr", join(_cell(item, "th") for item in head))),
        tag("tbody", join(tag("tr", join(_cell(item, "td") for item in row)) for row in rows)),
        **attributes,
    )


def _cell(item: object, name: str) -> Safe:
    if isinstance(item, Safe) and item.startswith(("<td", "<th")):
        return item
    return tag(name, item, scope="col" if name == "th" else None)
