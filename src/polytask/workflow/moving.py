"""A run folder that was moved: its task file is pointed at the data again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask.workflow.folder import PROGRAMS, STEPS, saving, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.workflow.folder import RunFolder

_PATHS = {"data", "more", "program", "steps"}
"""Keys of a task that name files."""


def settle(folder: RunFolder, run_json: Mapping[str, Any]) -> dict[str, Any]:
    """What `run.json` says, true of the place where the folder now is.

    Paths in the task file are relative to it. Those that lead nowhere from the new place but did
    from the old one are written anew; data that were moved along are found as before.

    Args:
        folder: The run folder, locked.
        run_json: What `run.json` says.
    """
    here = folder.path.resolve()
    before = Path(str(run_json.get("place", here)))
    if before == here:
        return dict(run_json)
    found = {**run_json, "place": str(here)}
    with saving(folder.path):
        _repoint(folder.task_file, before, here)
        write_json(folder.marker, found)
    return found


def _repoint(task_file: Path, before: Path, here: Path) -> None:
    import yaml

    from polytask.tasks.task_file_yaml import read_yaml

    content = read_yaml(task_file)
    changed = False
    for task in (*content.get("tasks", {}).values(), *content.get("helpers", {}).values()):
        for key in _PATHS & task.keys():
            data = _moved(task[key], before, here)
            changed = changed or data != task[key]
            task[key] = data
    if changed:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        write_text(task_file, f"# Paths are relative to this file.\n{text}")


def rebased(task: Mapping[str, Any], before: Path, here: Path) -> dict[str, Any]:
    """A task of a task file in the folder `before`, as one in `here` writes it.

    Programs and steps that were copied along stay what they are.

    >>> rebased({"data": {"train": "../a.csv"}, "target": "b"}, Path("/runs/one"), Path("/else"))
    {'data': {'train': '../runs/a.csv'}, 'target': 'b'}
    """
    return {
        key: _rebased(value, before, here) if key in _PATHS else value
        for key, value in task.items()
    }


def _rebased(value: Any, before: Path, here: Path) -> Any:
    if isinstance(value, dict):
        return {split: _rebased(item, before, here) for split, item in value.items()}
    if isinstance(value, list):
        return [_rebased(item, before, here) for item in value]
    first = Path(str(value)).parts[:1]
    if first in ((PROGRAMS,), (STEPS,)) and (here / first[0]).is_dir():
        return value
    return os.path.relpath(before / str(value), here)


def _moved(value: Any, before: Path, here: Path) -> Any:
    if isinstance(value, dict):
        return {split: _moved(item, before, here) for split, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, before, here) for item in value]
    was = os.path.normpath(before / str(value))  # as text: `before` itself is gone
    lost = isinstance(value, str) and not (here / value).exists() and Path(was).exists()
    return os.path.relpath(was, here) if lost else value
