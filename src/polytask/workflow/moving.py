"""A run folder that was moved: its task file is pointed at the data again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask.workflow.folder import saving, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.workflow.folder import RunFolder


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
        data = _moved(task.get("data"), before, here)
        changed = changed or data != task.get("data")
        task["data"] = data
    if changed:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        write_text(task_file, f"# Paths are relative to this file.\n{text}")


def rebased(value: Any, before: Path, here: Path) -> Any:
    """The `data` of a task, read from the folder `before`, as a task file in `here` names it.

    >>> rebased({"train": "../a.csv"}, Path("/runs/one"), Path("/else"))
    {'train': '../runs/a.csv'}
    """
    if isinstance(value, dict):
        return {split: rebased(item, before, here) for split, item in value.items()}
    if isinstance(value, list):
        return [rebased(item, before, here) for item in value]
    return os.path.relpath(before / str(value), here)


def _moved(value: Any, before: Path, here: Path) -> Any:
    if isinstance(value, dict):
        return {split: _moved(item, before, here) for split, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, before, here) for item in value]
    was = os.path.normpath(before / str(value))  # as text: `before` itself is gone
    lost = isinstance(value, str) and not (here / value).exists() and Path(was).exists()
    return os.path.relpath(was, here) if lost else value
