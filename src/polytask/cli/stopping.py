"""Ctrl-C and last words: a command that is stopped says how to go on, and shows no traceback."""

from __future__ import annotations

import contextlib
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
            _forget_interruption()
            sys.exit(1)

    return run


def _forget_interruption() -> None:
    """Let the exit code stand.

    `python -m` ends by SIGINT instead when an interruption once passed through code that was run
    from text, as that which `dataclasses` write on import (CPython, `run_eval_code_obj`); running
    any other text takes that back.
    """
    eval("None")


def can_print() -> bool:
    """Whether standard output takes a line; one that does not is closed.

    Else what is left in it is tried again when the interpreter ends, which then exits with 120.
    """
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            sys.stdout.close()
        return False
    return True


def say(text: str) -> None:
    """Print `text` on standard error, in one line however long, so that paths can be copied."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(text, style="bold red"), soft_wrap=True)
