"""Parts that earlier runs have trained, so that nothing is trained twice."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from polytask._durable import publish

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.planning.memo import Memo
    from polytask.workflow.state import State


def remembered(state: State, key: str) -> Path | None:
    """Where the part of an earlier run lies that trained the very same thing, if it is still there.

    Args:
        state: Of this run; one that is to train all itself (`fresh`) remembers nothing.
        key: Of the training.
    """
    if state.settings["fresh"]:
        return None
    memo = _memo()
    found = memo.get(key)
    memo.close()
    if found is None or found.artefact is None or not (found.artefact / "facts.json").is_file():
        return None
    return found.artefact


def recall(state: State, key: str, folder: Path) -> bool:
    """Copy the part of an earlier run to `folder`; whether there was one."""
    found = remembered(state, key)
    if found is None:
        return False
    temporary = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        shutil.copytree(found, temporary)
    except OSError:  # deleted meanwhile; a full disk shows itself again in the fit
        return False
    publish(temporary, folder)
    return True


def remember(state: State, key: str, folder: Path, repeat: int) -> None:
    """Let later runs find the part in `folder`."""
    memo = _memo()
    memo.put(key, {"seed": state.settings_of(repeat)["seed"]}, folder.resolve())
    memo.close()


def _memo() -> Memo:
    from polytask._home import home
    from polytask.planning.memo import Memo

    return Memo(home() / "memo.sqlite")
