"""What a run shows while it goes on."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from polytask.workflow.events import Listener
    from polytask.workflow.result import Result


def console(*, stderr: bool = False) -> Console:
    """A console for results; when not a terminal, wide enough that tables are not cut."""
    found = Console(stderr=stderr, highlight=False)
    return found if found.is_terminal else Console(stderr=stderr, highlight=False, width=120)


@contextmanager
def listen(*, quiet: bool, verbose: bool) -> Iterator[Listener]:
    """A listener that shows a run's events on standard error while it goes on."""
    if quiet:
        yield _silent
        return
    screen = console(stderr=True)
    show = _Show(screen, verbose=verbose)
    if not screen.is_terminal:
        yield show
        return
    with Live(get_renderable=show.status, console=screen, refresh_per_second=4, transient=True):
        yield show


def print_result(result: Result, *, as_json: bool) -> None:
    """Print what a run ends in: its report as JSON, or the sentence and the table."""
    if as_json:
        sys.stdout.write((result.path / "report.json").read_text(encoding="utf-8"))
    else:
        console().print(result.rendered())


def _silent(event: Mapping[str, Any]) -> None:
    """Show nothing."""
    del event


@dataclass
class _Show:
    console: Console
    verbose: bool
    line: str = ""
    activity: str = ""
    left: float | None = None
    late: bool = False
    """Whether a candidate was told that had no time: one stands for all."""
    since: float = field(default_factory=time.monotonic)

    def __call__(self, event: Mapping[str, Any]) -> None:
        kind = str(event["event"])
        if "seconds_left" in event:
            self.left, self.since = float(event["seconds_left"]), time.monotonic()
        handler = getattr(self, f"_on_{kind}", None)
        if handler is not None:
            handler(event)
        elif self.verbose and kind != "wait":
            self.console.print(Text(str(dict(event)), style="dim"))

    def status(self) -> Group:
        """The two lines that stay at the bottom of the screen."""
        left = ""
        if self.left is not None:
            seconds = max(0.0, self.left - (time.monotonic() - self.since))
            left = f"  {int(seconds // 60)}:{int(seconds % 60):02d} left"
        return Group(
            Text(f"▸ {self.line}", style="cyan", no_wrap=True, overflow="ellipsis"),
            Text(f"  {self.activity}{left}", style="dim", no_wrap=True, overflow="ellipsis"),
        )

    def _on_start(self, event: Mapping[str, Any]) -> None:
        self.console.print(Text(str(event["text"]), style="bold"))

    def _on_phase(self, event: Mapping[str, Any]) -> None:
        self.activity = str(event["text"])
        self.console.print(Text(self.activity, style="dim"))

    def _on_call(self, event: Mapping[str, Any]) -> None:
        self.line = f"plan.py:{event['line']}  {event['text']}"
        self.activity = "working"
        if self.verbose:
            self.console.print(Text(self.line, style="cyan"))

    def _on_say(self, event: Mapping[str, Any]) -> None:
        self.console.print(Text(f"  {event['text']}"), soft_wrap=True)

    def _on_workers(self, event: Mapping[str, Any]) -> None:
        self.console.print(Text(str(event["text"]), style="yellow"), soft_wrap=True)

    def _on_note(self, event: Mapping[str, Any]) -> None:
        if self.verbose:
            self.console.print(Text(f"  note: {_about(event)}{event['text']}", style="yellow"))

    def _on_epoch(self, event: Mapping[str, Any]) -> None:
        self.activity = f"{_about(event)}{_epoch_line(event)}"
        if not event.get("fold") or self.verbose:
            self.console.print(Text(f"    {self.activity}", style="dim"), soft_wrap=True)

    def _on_found(self, event: Mapping[str, Any]) -> None:
        late = event["status"] == "no time" and not self.verbose
        if not (late and self.late):
            self.console.print(Text(f"  {_found_line(event)}"), soft_wrap=True)
        if late and not self.late:
            self.console.print(Text("  (others without time: `polytask tree RUN`)", style="dim"))
        self.late = self.late or late


def _about(event: Mapping[str, Any]) -> str:
    """Which candidate an event is of, where several are under way."""
    return f"{event['candidate']}: " if event.get("candidate") else ""


def _epoch_line(event: Mapping[str, Any]) -> str:
    shown = [f"epoch {event['epoch']}/{event['epochs']}"]
    for task, loss in event.get("loss", {}).items():
        dev = event.get("dev", {}).get(task)
        value = "" if dev is None else f" dev {100 * dev:.1f}"
        shown.append(f"{task} loss {loss:.3f}{value}")
    fold = f" ({event['fold']})" if event.get("fold") else ""
    return "  ".join(shown) + fold


def _found_line(event: Mapping[str, Any]) -> str:
    again = f", repeat {event['repeat']}" if event.get("repeat") else ""
    builds_on = f", {event['builds_on']}" if event.get("builds_on") else ""
    what = f"{event['recipe']}{builds_on}{again}"
    if event["status"] != "done":
        tasks = " + ".join(event["tasks"])
        return f"{what} on {tasks}: {event['status']} ({event['reason']})"
    learned = dict.fromkeys(event["tasks"], "–")  # stays for helpers, which have no dev rows
    learned |= {task: f"{100 * value:.1f}" for task, value in event["dev"].items()}
    dev = "  ".join(f"{task} {value}" for task, value in learned.items())
    seconds = f"{event['seconds']:.0f} s" if not event.get("replayed") else "kept"
    return f"{what}: {dev}  [{seconds}]"
