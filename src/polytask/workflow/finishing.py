"""The end of a run: the final evaluation of what is delivered, and the report."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from polytask._errors import RunError, command
from polytask.evaluation.report import (
    Finding,
    PlanReport,
    Report,
    evidence,
    with_sentences,
    write,
)
from polytask.evaluation.report.storing import from_json
from polytask.planning.budget import show
from polytask.workflow import consulting, drafting, prompting, telling, warning, weighing
from polytask.workflow.children import spread_lines
from polytask.workflow.choosing import Choice, choose
from polytask.workflow.folder import RunFolder, saving, write_text
from polytask.workflow.helping import helps
from polytask.workflow.keys import versions
from polytask.workflow.programming import rivals, with_programs
from polytask.workflow.proposing import promises
from polytask.workflow.remote import WorkerStopped
from polytask.workflow.settings import Settings
from polytask.workflow.speeds import advice
from polytask.workflow.trainings import trainings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.report import Prompted
    from polytask.planning.interpreter import Outcome
    from polytask.planning.journal import Call, Journal
    from polytask.workflow.host import HostOperations
    from polytask.workflow.trainings import Training


_STOPS = "evaluations stopped"
_WRITING = 2.0
"""Seconds that writing the report takes at most."""


def finish(
    folder: RunFolder,
    journal: Journal,
    operations: HostOperations,
    outcome: Outcome,
    lines: Sequence[int],
    run_json: Mapping[str, Any],
) -> Report:
    """Deliver what the plan chose (or the best there is), measure it, and write the report.

    Raises:
        RunError: Nothing was trained at all.
    """
    own = journal.calls()
    spread = spread_lines(folder, own, lines)
    calls = [call for call, _ in spread]
    found = trainings(calls, [line for _, line in spread])
    choice = choose(calls, operations.taskset)
    if not choice.parts:
        raise RunError(_untrained(folder, outcome, found, run_json))
    weighed = weighing.asked(calls, with_programs(choice, operations.taskset))
    report, choice = _measured(folder, journal, operations, choice, weighed=weighed)
    report = _complete(report, operations, run_json)
    report = _with_language_model(report, operations, own, choice)
    report = _with_wish(report, run_json)
    front, times = weighing.weighed(
        calls, choice, operations.taskset, operations.profile_, report.margin
    )
    report = replace(
        report,
        front=front,
        said=tuple(journal.lines()),
        candidates=telling.candidates(folder, found, choice),
        curves=telling.curves(folder, found),
        moved=telling.moved(folder, found, calls),
        helpers=helps(calls, operations.taskset, choice),
        plan=PlanReport(folder.plan.read_text(encoding="utf-8"), telling.plan_lines(own, lines)),
        timing=replace(
            report.timing,
            total=journal.used,
            candidates={one.name: one.seconds for one in found},
            lines=telling.line_seconds(own, lines),
            front=times,
            workers=int(run_json["settings"].get("workers", 1)),
        ),
    )
    hint = advice(operations.taskset, Settings.of(run_json["settings"]))
    warnings = (
        *warning.of_run(journal, outcome, choice, list(operations.taskset)),
        *drafting.warnings(calls),
        *([hint] if hint else []),
        *report.warnings,
        *warning.of_figures(report),
        *warning.of_trainings(folder, found, choice),
    )
    told = evidence(report, promises(calls))
    report = replace(report, warnings=warnings, evidence=told)
    report = with_sentences(report)
    write(report, folder.report)
    with saving(folder.path):
        from polytask.evaluation.rendering import html

        write_text(folder.html, html(report))
    _tidy(folder)
    return report


def _untrained(
    folder: RunFolder,
    outcome: Outcome,
    found: Sequence[Training],
    run_json: Mapping[str, Any],
) -> str:
    reasons = dict.fromkeys([outcome.message, *(one.reason for one in found)])
    told = "; ".join(filter(None, reasons))  # a part of helpers alone is done, without a reason
    message = f"Nothing could be trained: {told}"
    if outcome.status == "out of time" or any(one.status == "no time" for one in found):
        budget = show(2 * run_json["budget_seconds"])
        message += f". With more time: {command('run', folder.path, '--budget', budget)}"
    return message


def _measured(
    folder: RunFolder,
    journal: Journal,
    operations: HostOperations,
    trained: Choice,
    *,
    weighed: bool = False,
) -> tuple[Report, Choice]:
    """The final evaluation, in the worker, killed when it would break the budget's tolerance.

    Returns:
        What was measured, and the choice with the programs that answer.
    """
    choice = with_programs(trained, operations.taskset)
    stops = int(str(journal.facts.get(_STOPS, 0)))
    budget = operations.clock.budget
    # A run that was killed here goes on with its time used up: half of the reserve it has always.
    left = max(operations.clock.left_in_all(), budget.set_aside / 2)
    allowed = 2**stops * (left + budget.tolerance - _WRITING)
    text = "opening the test split, once, for the final evaluation"
    operations.emit({"event": "phase", "text": text})
    try:
        found = operations.worker.call(
            "deliver",
            time.monotonic() + allowed,
            parts=choice.parts,
            controls=choice.controls,
            repeats=choice.repeats,
            weighed=weighed,
            rivals=rivals(trained, choice, operations.taskset),
        )
    except WorkerStopped as error:
        journal.note(_STOPS, stops + 1)
        raise RunError(
            f"The final evaluation took longer than the {allowed:.0f} s that were left, so there "
            f"is no report. The model is in {folder.model} once it is whole; "
            f"{command('run', folder.path)} measures it with twice the time"
        ) from error
    report = from_json(found["report"], place="the final evaluation")
    return report, replace(choice, parts=found["parts"])


def _complete(report: Report, operations: HostOperations, run_json: Mapping[str, Any]) -> Report:
    """The measured report with what is known of the run before it starts."""
    chosen = {k: v for k, v in run_json["settings"].items() if k != "workers"}  # changes no figure
    settings = {k: str(v) for k, v in chosen.items() if v not in ("", [], {}, False)}
    findings = tuple(
        Finding(f.code, f.message, f.where, f.count, f.severity)
        for f in operations.taskset.findings
    )
    return replace(
        report,
        budget_seconds=run_json["budget_seconds"],
        source=run_json["source"],
        findings=(*findings, *report.findings),
        versions=versions(),
        settings=settings,
        command=telling.command(run_json),
    )


def _with_language_model(
    report: Report, operations: HostOperations, calls: Sequence[Call], choice: Choice
) -> Report:
    """The report with what the language model did, and what it answers when it is prompted."""
    assistant = operations.assistant
    if assistant is None:
        return report
    consulting.bound(assistant, operations.folder)
    found: list[Prompted] = []
    times: dict[str, float] = {}
    if assistant.prompt_rows:
        operations.emit({"event": "phase", "text": "prompting the language model on test rows"})
        clock = operations.clock
        allowed = min(prompting.SHARE * clock.budget.seconds, clock.left_in_all() - _WRITING)
        names = [name for name in report.tasks if name in choice.parts]
        found, times = prompting.prompted(
            assistant, operations.taskset, names, allowed=allowed, seed=operations.seed
        )
    told = drafting.told_of(assistant, calls, choice)
    told = consulting.told(replace(told, prompted=tuple(found)), assistant, operations.folder)
    return replace(report, language_model=told, timing=replace(report.timing, prompted=times))


def _with_wish(report: Report, run_json: Mapping[str, Any]) -> Report:
    """The report with what tasks a language model chose, before the run."""
    model, told = report.language_model, str(run_json.get("wished", ""))
    return replace(report, language_model=replace(model, chose=told)) if model else report


def _tidy(folder: RunFolder) -> None:
    """Take away what trainings that were stopped for time have left."""
    for pattern in ("*.tmp", "*.checkpoint"):
        for path in folder.parts.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
