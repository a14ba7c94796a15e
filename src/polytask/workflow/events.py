"""Events of a run: what happens, as plain dicts, for the log, the screen and the report.

Events (key `event`): `start`, `call` (an operation begins), `training` (a fit begins),
`epoch` (loss and dev metric by task), `found` (a trained candidate), `say`, `note`, `wait`,
`phase` (a name for what goes on outside the plan), `workers` (why not all that were asked for are
at work, or wait for each other), `done`. What a worker tells carries `candidate`, its name, where
several may be under way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from polytask.workflow.folder import saving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Event: TypeAlias = Mapping[str, Any]
    Listener: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that does nothing."""


def call_text(operation: str, arguments: Mapping[str, Any]) -> str:
    """An operation of a plan with its arguments, in a line.

    >>> call_text("train", {"tasks": ["a"], "recipe": "Probe()"})
    "train(['a'], Probe())"
    >>> call_text("train_all", {"candidates": [{"tasks": ["a"], "recipe": "Probe()"}]})
    "train_all((['a'], Probe()))"
    """
    values = arguments.get("candidates", arguments.values())
    shown = (
        f"({', '.join(map(str, one.values()))})" if operation == "train_all" else str(one)
        for one in values
    )
    return f"{operation}({', '.join(shown)})"


@dataclass(frozen=True)
class EventLog:
    """Appends events to `events.jsonl` and passes them to a listener."""

    path: Path
    listener: Listener

    def __call__(self, event: Event) -> None:
        """Log `event`; `wait` events are only passed on."""
        if event.get("event") != "wait":
            with saving(self.path.parent), self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dict(event), ensure_ascii=False) + "\n")
        self.listener(event)
