"""The language model that the task programs of a run may ask, and what it has answered them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from polytask._errors import MissingError
from polytask.learning.program_part import ProgramPart
from polytask.planning.chat import Chat, Exchanges
from polytask.planning.programs.advising import Adviser
from polytask.workflow.drafting import EXCHANGES
from polytask.workflow.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from polytask.evaluation.report import LanguageModel
    from polytask.learning.model import Model
    from polytask.workflow.drafting import Assistant
    from polytask.workflow.folder import RunFolder

ASKED, SERVED = "asked.jsonl", "served.jsonl"
"""In a run folder what programs asked and were answered: while it ran, and in its service."""


def of_run(folder: RunFolder, settings: Mapping[str, Any], seconds: float) -> Adviser:
    """Who answers the programs of a run; answers are kept in its folder.

    What plans and prompting have used counts against the tokens of the run, too.

    Args:
        folder: The run folder.
        settings: What the user chose.
        seconds: By the clock for all prompts.
    """
    kept = Exchanges(folder.path / ASKED)
    used = Exchanges(folder.path / EXCHANGES).tokens
    return _adviser(settings, kept, used, seconds)


def of_service(folder: RunFolder, settings: Mapping[str, Any]) -> Adviser:
    """Who answers the programs of a finished run: what was answered before, then the model.

    It may use as many tokens as the run might.
    """
    kept = Exchanges(folder.path / SERVED)
    adviser = _adviser(settings, kept, -kept.tokens, float("inf"))
    for one in Exchanges(folder.path / ASKED).found.values():
        adviser.learn(one["messages"], one["text"])
    return adviser


def _adviser(settings: Mapping[str, Any], kept: Exchanges, used: int, seconds: float) -> Adviser:
    chosen = Settings.of(settings)
    if chosen.server is None or not chosen.share_rows:
        return Adviser()
    server = replace(chosen.server, tokens=max(1, chosen.server.tokens - used))
    adviser = Adviser(server.model, seconds=seconds)
    try:
        adviser.chat = Chat(server, kept)
    except MissingError as error:  # a service may do without: what is known is known
        adviser.missing = str(error)
    for one in kept.found.values():
        adviser.learn(one["messages"], one["text"])
    return adviser


def advised(model: Model, folder: RunFolder) -> Model:
    """The model of a finished run with somebody for its programs to ask, if any of them does."""
    asking = {
        name: part
        for name, part in model.parts.items()
        if isinstance(part, ProgramPart) and part.program.asks
    }
    if not asking:
        return model
    adviser = of_service(folder, folder.settings()["settings"])
    if not adviser.model:
        return model
    parts = {}
    for name, part in asking.items():
        adviser.known.update(part.adviser.known)
        parts[name] = part.advised(adviser)
    return replace(model, parts={**model.parts, **parts})


def keep(model: Model, folder: Path) -> None:
    """Write what programs were answered since `model` was saved in `folder`."""
    from polytask.learning.model import MODEL_FILE
    from polytask.learning.part_files import read_json

    for name, place in read_json(folder / MODEL_FILE)["parts"].items():
        part = model.parts[name]
        if isinstance(part, ProgramPart):
            part.save_asked(folder / place)


def bound(assistant: Assistant, folder: RunFolder) -> None:
    """Leave the assistant the tokens that programs have not used of those of the run."""
    used = Exchanges(folder.path / ASKED).tokens
    server = assistant.chat.server
    assistant.chat.server = replace(server, tokens=max(1, server.tokens - used))


def told(report: LanguageModel, assistant: Assistant, folder: RunFolder) -> LanguageModel:
    """The report on the language model with what programs asked it."""
    kept = Exchanges(folder.path / ASKED)
    more = kept.cost(assistant.chat.server)
    cost = report.cost if report.cost is None or more is None else report.cost + more
    tokens = report.tokens + kept.tokens
    return replace(report, answered=len(kept.found), tokens=tokens, cost=cost)
