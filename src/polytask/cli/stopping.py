"""Ctrl-C and last words: a command that is stopped says how to go on, and shows no traceback."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def stoppable(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command`, ended with exit code 1 and a line of advice when it is interrupted.

    The advice is what the interruption carries as notes (see `workflow.running`); typer would say
    "Aborted." alone.
    """

    @functools.wraps(command)  # typer reads the options from the signature behind it
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt as stop:
            say(". ".join(["stopped", *getattr(stop, "__notes__", [])]))
            sys.exit(1)

    return run


def say(text: str) -> None:
    """Print `text` on standard error, in one line however long, so that paths can be copied."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(text, style="bold red"), soft_wrap=True)
