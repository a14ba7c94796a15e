"""The language model of a run: what it may be told, what it is asked, what came of it."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import PlanError
from polytask.evaluation.report import LanguageModel
from polytask.planning.chat import Chat, Exchanges
from polytask.planning.checks import check_text
from polytask.planning.masking import without_cells
from polytask.planning.writers.drafting import Brief, Draft, checked, question
from polytask.workflow.checking import VOCABULARY, check_names, task_source
from polytask.workflow.settings import Settings
from polytask.workflow.trainings import trainings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.planning.journal import Call
    from polytask.planning.operations import Drafted
    from polytask.tasks.profile import Profile
    from polytask.tasks.task import TaskSet
    from polytask.workflow.choosing import Choice
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.host import HostOperations

EXCHANGES = "exchanges.jsonl"
"""In a run folder what was asked and answered, one JSON line each."""
ROWS = 5
"""Training rows of a task that are shared, if any are."""


@dataclass(frozen=True)
class Assistant:
    """A language model and what the user lets it know.

    Args:
        chat: Asks it.
        goal: What the user wants, in a sentence, or "".
        share_rows: Whether it may see training rows.
        prompt_rows: How many test rows it answers after all is decided.
    """

    chat: Chat
    goal: str = ""
    share_rows: bool = False
    prompt_rows: int = 0


def assistant(folder: RunFolder | None, settings: Mapping[str, Any]) -> Assistant | None:
    """The language model that `settings` name, if they do; answers are kept in `folder`."""
    chosen = Settings.of(settings)
    if chosen.server is None:
        return None
    chat = Chat(chosen.server, Exchanges(folder.path / EXCHANGES if folder else None))
    return Assistant(chat, chosen.goal, chosen.share_rows, chosen.prompt_rows)


def draft(host: HostOperations, seconds: float, text: str, found: str) -> Drafted:
    """Ask for a plan; what it means is told by `Operations.draft`.

    Raises:
        ValueError: Seconds that are none.
    """
    if not seconds > 0:
        raise ValueError(f"`seconds` of draft() is above 0; found {seconds!r}")
    if host.assistant is None:
        reason = "the run has no language model (--llm)"
        return {**_drafted(Draft("", "no model", reason, ())), "seconds": 0.0}
    host.emit({"event": "phase", "text": "asking the language model for a plan"})
    began = time.monotonic()
    told = brief(host.assistant, host.taskset, host.profile_, host.source)
    made = write(host.assistant, told, min(seconds, host.clock.left()), text, found)
    return {**_drafted(made), "seconds": round(time.monotonic() - began, 3)}


def write(
    assistant: Assistant, told: Brief, seconds: float, text: str = "", found: str = ""
) -> Draft:
    """A plan of the language model that passes the check, or why there is none.

    Args:
        assistant: Whom to ask.
        told: What it is told.
        seconds: When to give up.
        text: A plan to improve, or "".
        found: What came of it.
    """
    from polytask.planning.stubs import reference

    until = time.monotonic() + seconds
    server = assistant.chat.server
    words = reference(VOCABULARY, short=bool(server.file))  # a processor reads slowly
    outcome = found if assistant.share_rows else without_cells(found)
    messages = question(told, words, seconds, text, outcome)
    return checked(
        lambda turns: assistant.chat.ask(turns, seconds=until - time.monotonic()),
        messages,
        functools.partial(_check, source=told.source, known=[task.name for task in told.tasks]),
    )


def brief(assistant: Assistant, taskset: TaskSet, profile: Profile, source: str) -> Brief:
    """What a language model is told of the tasks; rows only of those that training learns from."""
    rows = {name: examples(taskset, name, ROWS) for name in profile} if assistant.share_rows else {}
    return Brief(source, [profile[name] for name in profile], assistant.goal, rows)


def examples(taskset: TaskSet, name: str, count: int) -> list[dict[str, Any]]:
    """The first training rows of a task with text alone, as plain data; images are left out.

    With folds they are those of the first, whose test rows a language model is asked to answer.
    """
    rows = taskset.fold([name], 0).train[taskset[name].table].labelled(name)
    columns = [column.name for column in taskset[name].inputs if column.modality == "text"]
    return [
        {**{column: rows.inputs.values[column][i] for column in columns}, name: target}
        for i, target in enumerate(rows.targets[name][:count])
    ]


def told_of(assistant: Assistant, calls: Sequence[Call], choice: Choice) -> LanguageModel:
    """What the report says of a language model, but for what it answers itself."""
    server, tokens = assistant.chat.server, assistant.chat.exchanges
    tried = [call for call in calls if call.operation == "try_plan" and call.state == "done"]
    outputs: list[Any] = [call.output for call in tried]
    own = {one.part for one in trainings(calls)}  # what the built-in plan trained too is its own
    parts = {part for output in outputs for part in output["parts"].values()} - own
    return LanguageModel(
        server.model,
        server.place,
        asked=sum(call.operation == "draft" for call in calls),
        tried=len(outputs),
        used=tuple(task for task, part in choice.parts.items() if part in parts),
        tokens=tokens.tokens,
        cost=tokens.cost(server),
        shared=assistant.share_rows,
    )


def warnings(calls: Sequence[Call]) -> Iterator[str]:
    """A line where a language model was asked for plans and none could be tried."""
    outputs: list[Any] = [
        call.output for call in calls if call.operation == "draft" and call.state == "done"
    ]
    if outputs and not any(one["status"] == "done" for one in outputs):
        yield (
            f"The language model gave no plan that could be tried ({outputs[-1]['reason']}): the "
            "built-in plan ran alone"
        )


def _check(text: str, source: str, known: Sequence[str]) -> None:
    check_text(text, VOCABULARY)
    check_names(text, known, name="plan.py")
    named = task_source(text, Path("plan.py"))
    if named != source:
        raise PlanError(f"plan.py: this plan says tasks({source!r}); found tasks({named!r})")


def _drafted(made: Draft) -> Drafted:
    return {
        "text": made.text,
        "status": made.status,
        "reason": made.reason,
        "repairs": max(0, len(made.answers) - 1),
        "tokens": sum(one.sent + one.written for one in made.answers),
        "seconds": 0.0,
    }
