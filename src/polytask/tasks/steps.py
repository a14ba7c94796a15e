"""Steps that a user writes as Python files, run where they can reach nothing.

A file has a function `main(inputs)`; `inputs["rows"]` is a list of dicts. What it returns is data
of code that nobody vouches for, and is checked before it counts:

```
clean   rows of training, with their labels → {"keep": [True, …]}: the others are not learned from
label   rows without a label → {"labels": ["music", None, …]}: learned from, never judged on
feature rows without their labels → {"features": [{"NAME": "…"}, …]}: inputs that the rows lack
loss    scores and targets of a batch → {"losses": […], "gradients": […]}, see `tasks.custom_loss`
```
`clean` and `label` see no dev or test row of their split; `feature` is asked for those too, and for
new rows, so it may look at one row alone (`tasks.features`). What came of a step is kept by the
text of its file and its rows, so that a run that is resumed has the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask._errors import CodeError, ConfigError
from polytask.tasks import features

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

WORDS = ("clean", "label", "feature", "loss")
RESULTS = "results"
"""Beside a step in a run folder: what came of it."""
_SECONDS, _MEMORY = 120.0, 4 * 2**30
_FAILED = " failed"
"""In the message of code that raised, as against code that broke its limits."""
_RETURNS = {"clean": ("keep", "[true, …]"), "label": ("labels", '["…", null, …]')}


@dataclass
class Stepping:
    """Runs steps, each once for the same rows.

    Attributes:
        found: By key what came of each: a list, a value a row.
    """

    found: dict[str, list[Any]] = field(default_factory=dict)

    def outcome(
        self,
        word: str,
        path: Path,
        rows: Sequence[dict[str, Any]],
        place: Callable[[int], str],
        names: Sequence[str] = (),
    ) -> list[Any]:
        """A value for each of `rows`; which values there may be is seen by who asks.

        Args:
            word: One of `WORDS` that is given rows.
            path: The file.
            rows: Plain data, one dict a row.
            place: Where a row stands, for errors.
            names: For `feature` the columns wanted; its values are dicts of their texts.

        Raises:
            CodeError: The file cannot be read, fails, breaks a limit, or returns something else.
            MissingError: The machine has no way to shut code in.
        """
        key = _key([word, *names], path, rows)
        if key not in self.found:
            kept = path.parent / RESULTS / f"{key}.json"
            known = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else None
            if known is None and word == "feature":
                known = _featured(path, names, rows, place)
            self.found[key] = _ran(word, path, rows, place) if known is None else known
        return self.found[key]


def _key(wanted: Sequence[str], path: Path, rows: Sequence[dict[str, Any]]) -> str:
    word, *names = wanted
    features.read(path, word)  # refuses what is there no file, or no text
    text = path.read_bytes()
    given = json.dumps([word, rows, *names], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text + b"\x00" + given.encode()).hexdigest()[:32]


def _ran(
    word: str, path: Path, rows: Sequence[dict[str, Any]], place: Callable[[int], str]
) -> list[Any]:
    from polytask.isolation import Limits, run

    name, shape = _RETURNS[word]
    limits = Limits(_SECONDS, _MEMORY)

    def run_it(some: Sequence[dict[str, Any]]) -> Any:
        return run(path, {"rows": list(some)}, limits=limits).get(name)

    try:
        found = run_it(rows)
    except CodeError as error:
        number = _first(run_it, rows) if _FAILED in str(error) else None
        where = "" if number is None else f" (alone, too, for {place(number)})"
        raise CodeError(f"The step `{word}`{where}: {error}") from error
    if not isinstance(found, list) or len(found) != len(rows):
        told = f"{len(found):,} values" if isinstance(found, list) else repr(found)[:80]
        raise CodeError(
            f'The step `{word}`: {path.name}: main(inputs) returns {{"{name}": {shape}}} with a '
            f"value for each of {len(rows):,} rows; found {told}"
        )
    return found


def _featured(
    path: Path, names: Sequence[str], rows: Sequence[dict[str, Any]], place: Callable[[int], str]
) -> list[features.Made]:
    code, found = features.read(path, "feature"), []
    for number, value in enumerate(features.answers(code, path.name, names, rows)):
        if isinstance(value, CodeError):
            always = features.whole(code, path.name)
            where = "" if str(always) == str(value) else f" ({place(number)})"
            raise CodeError(f"The step `feature`{where}: {value}")
        found.append(value)
    try:
        features.check_alone(code, path.name, names, rows, found)
    except CodeError as error:
        raise CodeError(f"The step `feature`: {error}") from error
    return found


def _first(run_it: Callable[..., Any], rows: Sequence[dict[str, Any]]) -> int | None:
    """A row for which a step fails alone, by halving; `None` where there is none.

    Code that fails without any row is at fault itself. Code that breaks its limits is not asked:
    it would be run again and again.
    """

    def fails(some: Sequence[dict[str, Any]]) -> bool:
        try:
            run_it(some)
        except CodeError as error:
            return _FAILED in str(error)
        return False

    start, end = 0, len(rows)
    if fails([]):
        return None
    while end - start > 1:
        middle = (start + end) // 2
        if fails(rows[start:middle]):
            end = middle
        elif fails(rows[middle:end]):
            start = middle
        else:
            return None
    return start if end > start else None


def read_steps(value: Any, root: Path, where: str) -> dict[str, str]:
    """The steps that a task file names: by word the path of the file.

    Raises:
        ConfigError: An unknown word, or no path.
    """
    from polytask._catalogue import nearest

    paths = value.values() if isinstance(value, dict) else [None]
    if not all(isinstance(path, str) and path.strip() for path in paths):
        raise ConfigError(
            f"{where}: `steps` takes Python files, such as {{clean: clean.py, label: label.py}}; "
            f"found {value!r}"
        )
    for word in value:
        if word not in WORDS:
            raise ConfigError(f"{where}: `steps`: unknown step {word!r}: {nearest(word, WORDS)}")
    return {word: str(root / path) for word, path in value.items()}
