"""What there is to choose from: every part of every catalogue, described without importing it.

Read from the source text: the first line of the docstring says what a part is for, `cost` what it
costs, the works that the docstring names where it comes from. What it gained is in
`measured.json`, which `benchmarks/methods_table.py` writes.
"""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask import learning
from polytask._catalogue import Catalogue, Parameter, nearest
from polytask._errors import ConfigError
from polytask.workflow.checking import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_YEAR = r"\b(?:18|19|20)\d\d\b"
_WORK = re.compile(
    r"(?:[a-z].*?[:,] )?"  # what is taken from it
    r"(?P<who>[^,:]+(?:, [^,:]{2,25} & [^,:]{2,25})?), .*?"
    rf"(?P<year>{_YEAR})(?:.*?(?P<number>arXiv \d{{4}}\.\d{{4,5}}))?"
)


@dataclass(frozen=True)
class Described:
    """A part of a catalogue.

    Args:
        name: Its name.
        kind: What it is: "recipe", "balancer", "loss", …
        summary: What it is for, one line.
        about: Its whole docstring.
        cost: What it costs beside what would be done anyway.
        sources: The works it comes from, each as authors, year and arXiv number.
        arguments: Of its constructor.
        places: Where it may be written, by "tasks.yaml", "plan" and "Python".
        measured: What it gained where, see `measured`.
    """

    name: str
    kind: str
    summary: str
    about: str
    cost: str
    sources: tuple[str, ...]
    arguments: tuple[Parameter, ...]
    places: Mapping[str, str]
    measured: tuple[Mapping[str, Any], ...]

    @property
    def signature(self) -> str:
        """Name and arguments as they would be written.

        >>> one("Focal").signature
        'Focal(gamma: float = 2.0)'
        """
        inner = [
            f"{item.name}: {item.annotation}" + (f" = {item.default}" if item.default else "")
            for item in self.arguments
        ]
        return f"{self.name}({', '.join(inner)})"

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self) | {"signature": self.signature}


def every() -> list[Described]:
    """All parts; recipes first, then kind by kind."""
    return [_described(catalogue, name) for catalogue in catalogues() for name in catalogue]


def one(name: str) -> Described:
    """The part called `name`.

    Raises:
        ConfigError: There is none; the message offers the nearest.
    """
    known = {part: catalogue for catalogue in catalogues() for part in catalogue}
    if name not in known:
        raise ConfigError(f"Unknown part {name!r}: {nearest(name, known)}")
    return _described(known[name], name)


def catalogues() -> list[Catalogue]:
    """The catalogue of every room of `learning` that has one; recipes first.

    >>> [catalogue.kind for catalogue in catalogues()][:2]
    ['recipe', 'balancer']
    """
    rooms = [room.name for room in pkgutil.iter_modules(learning.__path__) if room.ispkg]
    found = {
        value.kind: value
        for room in rooms
        for value in vars(importlib.import_module(f"{learning.__name__}.{room}")).values()
        if isinstance(value, Catalogue)
    }
    return sorted(found.values(), key=lambda catalogue: catalogue.kind != "recipe")


@functools.cache
def measured() -> dict[str, Any]:
    """What `benchmarks/methods.py` measured.

    Returns:
        `commit` that was measured; `sets`: by name what stands in it and what judges; `rows`: a
        list of `part`, `kind`, `recipe`, `set`, `against`, `seeds`, `gain` (mean over the tasks:
        `value`, `low`, `high`), `tasks` (gain of each) and `cost` (times the CPU time of
        `against`).
    """
    text = Path(__file__).with_name("measured.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def sources(docstring: str) -> tuple[str, ...]:
    """The works that a docstring names, each as authors, year and arXiv number.

    They stand in parentheses or after "Source:", as in `(Lin et al., Focal Loss, 2017, arXiv
    1708.02002.)`; several are divided by semicolons.

    >>> sources("A loss. (Lin et al., Focal Loss, 2017, arXiv 1708.02002; Doe, Other, 1999.)")
    ('Lin et al. 2017, arXiv 1708.02002', 'Doe 1999')
    >>> sources("A head.")
    ()
    """
    text = re.sub(r">>> .*", "", docstring, flags=re.DOTALL)
    text = " ".join(text.split())
    works = [work for group in _groups(text) for work in group.split(";")]
    found = [_short(work.strip()) for work in works if re.search(_YEAR, work)]
    return tuple(dict.fromkeys(filter(None, found)))


def _groups(text: str) -> Iterator[str]:
    """What stands in parentheses, inner ones left in, or after "Source"."""
    named = re.search(r"Sources?\b[^:]*?[:;] (.*)", text)
    depth, start = 0, 0
    for place, letter in enumerate(text[: named.start()] if named else text):
        if letter == "(":
            start = place + 1 if depth == 0 else start
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
            if depth == 0:
                yield text[start:place]
    if named:
        yield named.group(1)


def _short(work: str) -> str:
    found = _WORK.match(work)
    if found is None:
        return ""
    return f"{found['who']} {found['year']}" + (f", {found['number']}" if found["number"] else "")


def _described(catalogue: Catalogue, name: str) -> Described:
    about = catalogue.about(name)
    return Described(
        name,
        catalogue.kind,
        catalogue.summary(name),
        about,
        catalogue.fact(name, "cost"),
        sources(about),
        tuple(catalogue.signature(name)),
        _places(catalogue, name),
        tuple(row for row in measured()["rows"] if row["part"] == name),
    )


def _places(catalogue: Catalogue, name: str) -> dict[str, str]:
    """Where a part may be written; what polytask chooses by itself has no place but Python."""
    written = _written(catalogue, name)
    python = {"Python": f"from {catalogue.modules[name]} import {name}"}
    if not written:
        return python
    return {
        "tasks.yaml": f'recipes: ["{written}"]',
        "plan": f"train(t, {written})",
        **python,
    }


def _written(catalogue: Catalogue, name: str) -> str:
    """A recipe with the part in it; "" where no recipe takes one."""
    if catalogue is VOCABULARY.recipes:
        return f"{name}()"
    for argument, known in VOCABULARY.nested.items():
        if known is catalogue:
            return f"{_taker(argument)}({argument}={name}())"
    return ""


def _taker(argument: str) -> str:
    """The recipe to show an argument with: the last that has it, which is the main one."""
    recipes = VOCABULARY.recipes
    return [r for r in recipes if argument in (item.name for item in recipes.signature(r))][-1]
