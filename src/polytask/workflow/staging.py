"""A run folder made from another: written beside its place, and there whole or not at all."""

from __future__ import annotations

import errno
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from polytask._durable import publish
from polytask._errors import OutputError
from polytask.workflow.folder import (
    FORMAT,
    PROGRAMS,
    STEPS,
    RunFolder,
    saving,
    write_json,
    write_text,
)
from polytask.workflow.moving import rebased
from polytask.workflow.resuming import sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from polytask.evaluation.report import Report

AGAIN = "then give the same command again"


@contextmanager
def staged(new: RunFolder) -> Iterator[RunFolder]:
    """A locked folder beside `new` that becomes it when all is written, and is gone when not.

    What a killed process has left there is taken away by the next with the same `new`.

    Raises:
        OutputError: `new` is not free, or another process is making it.
    """
    new.check_free()
    final = new.path.resolve()
    made = RunFolder(final.with_name(f"{final.name}.tmp"))
    with saving(new.path, AGAIN):
        made.path.mkdir(parents=True, exist_ok=True)
    with made.locked():
        try:
            _emptied(made)
            with saving(new.path, AGAIN):
                yield made
                made.lock.unlink()
                _publish(made, new)
        finally:
            shutil.rmtree(made.path, ignore_errors=True)


def _emptied(made: RunFolder) -> None:
    for path in made.path.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != made.lock:
            path.unlink()
    made.parts.mkdir()


def _publish(made: RunFolder, new: RunFolder) -> None:
    try:
        publish(made.path, new.path.resolve())
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise OutputError(
            f"{new.path} is no longer free, something was written there meanwhile; it was not "
            "touched: choose another --out"
        ) from error


def conclude(
    made: RunFolder, new: RunFolder, old: RunFolder, run_json: Mapping[str, Any], report: Report
) -> None:
    """Write the report and mark the folder `made` as the run `new` that came of `old`."""
    from polytask.evaluation.rendering import html
    from polytask.evaluation.report import write

    _tidy(made)
    write(report, made.report)
    write_text(made.html, html(report))
    if old.plan.is_file():
        shutil.copy(old.plan, made.plan)
    facts = {
        "format": FORMAT,
        "state": "finished",
        "place": str(new.path.resolve()),
        "grown_from": str(old.path.resolve()),
        **sources(made),
    }
    write_json(made.marker, {**run_json, **facts})


def _tidy(made: RunFolder) -> None:
    """Keep of parts the scores alone: what is delivered stands in the model."""
    shutil.rmtree(made.parts / "checkpoint", ignore_errors=True)
    for part in made.parts.glob("*/part"):
        shutil.rmtree(part)


def task_file_of(old: RunFolder, made: RunFolder) -> dict[str, Any]:
    """What the task file of `old` says, with paths as one in `made` writes them.

    Programs and steps are copied: `made` can do without `old`.
    """
    from polytask.tasks.task_file_yaml import read_yaml

    before, here = old.path.resolve(), made.path.resolve()
    for name in (PROGRAMS, STEPS):
        if (before / name).is_dir():
            shutil.copytree(before / name, here / name)
    content = read_yaml(old.task_file)
    for part in ("tasks", "helpers"):
        for name, task in content.get(part, {}).items():
            content[part][name] = rebased(task, before, here)
    return content


def write_task_file_of(made: RunFolder, content: Mapping[str, Any]) -> None:
    """Write `content` as the task file of `made`."""
    import yaml

    text = yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False)
    write_text(made.task_file, f"# Paths are relative to this file.\n{text}")
