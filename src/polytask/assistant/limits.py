"""What an assistant may name, spend and see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polytask._errors import BudgetError, ConfigError
from polytask.planning.budget import parse, show
from polytask.planning.checks import read as read_plan
from polytask.planning.masking import without_cells
from polytask.tasks.discover import discover
from polytask.tasks.task_file import read_task_file
from polytask.workflow.checking import task_file
from polytask.workflow.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LENGTH = 30_000
"""Characters of an answer; the rest is asked for with `start`."""


@dataclass(frozen=True)
class Limits:
    """Limits of a server.

    Args:
        root: The folder that no path may leave.
        max_budget: The longest budget of a run, as `--budget` is written.
        share_rows: Whether cells of the user's rows may stand in answers.

    Raises:
        ConfigError: `root` is no folder, or `max_budget` no length of time.
    """

    root: Path
    max_budget: str = "30m"
    share_rows: bool = False

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise ConfigError(f"`--root` is a folder that is there; found {str(self.root)!r}")
        object.__setattr__(self, "root", self.root.resolve())
        parse(self.max_budget)

    def path(self, written: str | Path) -> Path:
        """The path that is meant, links followed.

        Raises:
            ConfigError: It leads out of the root.
        """
        try:
            found = (self.root / written).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise ConfigError(f"{str(written)!r} is no usable path: {error}") from error
        if not found.is_relative_to(self.root):
            raise ConfigError(
                f"Paths stay below the folder that the server was started for, {self.root}, links "
                f"followed; found {str(written)!r}: copy the files there, or start it with another "
                "--root"
            )
        return found

    def source(self, written: str | Path) -> Path:
        """The data, task file, plan or run folder that is meant, with all files it names.

        Raises:
            ConfigError: It, or a file that it names, leads out of the root.
            DataError: Nothing that can be read is there.
        """
        found = self.path(written)
        for named in _named(found):
            self.path(named)
        return found

    def budget(self, written: str) -> str:
        """The budget as it was written.

        Raises:
            BudgetError: It is above the limit.
            ConfigError: It is no length of time.
        """
        seconds, most = parse(written).seconds, parse(self.max_budget).seconds
        if seconds > most:
            raise BudgetError(
                f"A budget is at most {show(most)} here; found {show(seconds)}: ask for less, or "
                "start the server with another --max-budget"
            )
        return written

    def told(self, text: str) -> str:
        """A message as an assistant may see it: without values of cells unless rows are shared.

        Names of columns, tasks and labels are shown.
        """
        return text if self.share_rows else without_cells(text)

    def told_all(self, value: Any) -> Any:
        """Plain data as an assistant may see it: every text in it as `told` gives it."""
        if isinstance(value, str):
            return self.told(value)
        if isinstance(value, dict):
            return {key: self.told_all(item) for key, item in value.items()}
        return [self.told_all(item) for item in value] if isinstance(value, list) else value


def page(text: str, start: int) -> str:
    """At most `LENGTH` characters of `text` from `start`, with a line on how to read on.

    Raises:
        ConfigError: `start` lies outside the text.

    >>> page("short", 0)
    'short'
    """
    if not 0 <= start <= len(text):
        raise ConfigError(f"`start` is between 0 and {len(text)} here; found {start}")
    end = start + LENGTH
    if end >= len(text):
        return text[start:]
    return f"{text[start:end]}\n[cut: {len(text):,} characters in all; go on with start={end}]"


def _named(source: Path) -> Iterator[Path]:
    """The files that a source names."""
    if RunFolder(source).exists:
        yield from _named(RunFolder(source).task_file)
    elif source.suffix == ".py":
        tasks = task_file(read_plan(source), source)
        yield tasks
        yield from _named(tasks)
    elif source.suffix in (".yaml", ".yml"):
        for entry in read_task_file(source):
            paths = [path for several in entry.data.values() for path in several]
            yield from _files(source, [*paths, *entry.more])
            yield from (source.parent / step for step in entry.steps.values())
            if entry.program:
                yield source.parent / entry.program.rpartition(":")[0]
                yield source.parent / entry.program
    else:
        yield from _files(source, [str(source)])


def _files(source: Path, paths: list[str]) -> Iterator[Path]:
    for path in paths:
        yield source.parent / path
        for files in discover(source.parent / path).values():
            yield from (file.path for file in files)
