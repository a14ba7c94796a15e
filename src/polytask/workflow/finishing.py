"""The end of a run: which parts are delivered, the final evaluation, the report."""

from __future__ import annotations

import json
import math
import shlex
import shutil
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from polytask._errors import RunError
from polytask.evaluation.report import (
    Candidate,
    Curve,
    Epoch,
    Finding,
    PlanLine,
    PlanReport,
    Report,
    with_sentences,
    write,
)
from polytask.evaluation.report.storing import from_json
from polytask.workflow.folder import RunFolder, saving, write_text
from polytask.workflow.keys import candidate_name, versions
from polytask.workflow.remote import WorkerStopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.planning.interpreter import Outcome
    from polytask.planning.journal import Call, Journal
    from polytask.workflow.host import HostOperations


_STOPS = "evaluations stopped"
_WRITING = 2.0
"""Seconds that writing the report takes at most."""


@dataclass(frozen=True)
class Choice:
    """The parts to deliver and their controls, by task; `planned` when the plan said so.

    `repeats` are, by part, the same training with other seeds: measured, never delivered.
    """

    parts: dict[str, str]
    controls: dict[str, str]
    planned: bool
    repeats: dict[str, list[str]] = field(default_factory=dict)


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
    calls = journal.calls()
    choice = choose(calls, operations)
    if not choice.parts:
        reasons = [_text(call.output, "reason") for call in calls if call.operation == "train"]
        told = "; ".join(dict.fromkeys([outcome.message, *reasons]))
        raise RunError(f"Nothing could be trained: {told}")
    report = _measured(folder, journal, operations, choice)
    report = _complete(report, journal, operations, run_json)
    warned = _warnings(report, journal, operations, outcome, choice)
    report = replace(report, warnings=(*warned, *report.warnings))
    report = replace(
        report,
        candidates=tuple(_candidates(folder, calls, choice, lines)),
        curves=tuple(_curves(folder, calls)),
        plan=PlanReport(_plan_text(folder), tuple(_plan_lines(calls, lines))),
        timing=_timing(report, calls, lines, journal.used),
    )
    more = (*_unequal(report.candidates), *_one_seed(report))
    report = replace(report, warnings=(*report.warnings, *more))
    report = with_sentences(report)
    write(report, folder.report)
    with saving(folder.path):
        from polytask.evaluation.rendering import html

        write_text(folder.html, html(report))
    _tidy(folder)
    return report


def _measured(
    folder: RunFolder, journal: Journal, operations: HostOperations, choice: Choice
) -> Report:
    """The final evaluation, in the worker, killed when it would break the budget's tolerance."""
    stops = int(str(journal.facts.get(_STOPS, 0)))
    budget = operations.clock.budget
    # A run that was killed here goes on with its time used up: half of the reserve it has always.
    left = max(operations.clock.left_in_all(), budget.set_aside / 2)
    allowed = 2**stops * (left + budget.tolerance - _WRITING)
    try:
        found = operations.worker.call(
            "deliver",
            time.monotonic() + allowed,
            parts=choice.parts,
            controls=choice.controls,
            repeats=choice.repeats,
        )
    except WorkerStopped as error:
        journal.note(_STOPS, stops + 1)
        raise RunError(
            f"The final evaluation took longer than the {allowed:.0f} s that were left, so there "
            f"is no report. The model is in {folder.model} once it is whole; "
            f"`polytask run {folder.path}` measures it with twice the time"
        ) from error
    return from_json(found["report"], place="the final evaluation")


def choose(calls: Sequence[Call], operations: HostOperations) -> Choice:
    """What the plan named in `finish`, completed by the best part on dev for tasks it left out."""
    parts: dict[str, str] = {}
    controls: dict[str, str] = {}
    repeats: dict[str, list[str]] = {}
    models = {str(c.output): c.arguments for c in calls if c.operation == "combine" and _done(c)}
    named = [c.arguments["model"] for c in calls if c.operation == "finish" and _done(c)]
    planned = bool(named) and str(named[-1]) in models
    if planned:
        arguments = models[str(named[-1])]
        parts, controls = _routes(arguments["parts"]), _routes(arguments["controls"])
        repeats = _lists(arguments.get("repeats", {}))
    best, single = best_parts(calls, operations)
    for task in operations.taskset:
        if task not in parts and task in best:
            parts[task] = best[task]
        if task not in controls and task in single:
            controls[task] = single[task]
    parts = {task: parts[task] for task in operations.taskset if task in parts}
    controls = {task: controls[task] for task in parts if task in controls}
    return Choice(parts, controls, planned, repeats)


def best_parts(
    calls: Sequence[Call], operations: HostOperations
) -> tuple[dict[str, str], dict[str, str]]:
    """By task the best part on dev: of all, and of those trained on that task alone.

    Repeats are left out: the best of several seeds would win by luck.
    """
    from polytask.evaluation.metrics import metric

    best: dict[str, tuple[float, str]] = {}
    single: dict[str, tuple[float, str]] = {}
    for call in calls:
        if call.operation != "train" or not _done(call) or _repeat(call):
            continue
        if _text(call.output, "status") != "done":
            continue
        assert isinstance(call.output, dict)
        alone = len(call.output["tasks"]) == 1  # type: ignore[arg-type]
        for task, value in call.output["dev"].items():  # type: ignore[union-attr]
            sign = 1.0 if metric(operations.taskset[task].metric).higher_is_better else -1.0
            worth = sign * float(value)  # type: ignore[arg-type]
            worth = worth if worth == worth else -math.inf  # undefined: better than nothing only
            scored = (worth, str(call.output["part"]))
            for table in (best, single) if alone else (best,):
                if task not in table or scored[0] > table[task][0]:
                    table[task] = scored
    return {t: p for t, (_, p) in best.items()}, {t: p for t, (_, p) in single.items()}


def _complete(
    report: Report,
    journal: Journal,
    operations: HostOperations,
    run_json: Mapping[str, Any],
) -> Report:
    settings = {k: str(v) for k, v in run_json["settings"].items() if v not in ("", [], {}, False)}
    findings = tuple(
        Finding(f.code, f.message, f.where, f.count, f.severity)
        for f in operations.taskset.findings
    )
    return replace(
        report,
        budget_seconds=run_json["budget_seconds"],
        source=run_json["source"],
        findings=(*findings, *report.findings),
        said=tuple(journal.lines()),
        versions=versions(),
        settings=settings,
        command=_command(run_json),
    )


def _warnings(
    report: Report,
    journal: Journal,
    operations: HostOperations,
    outcome: Outcome,
    choice: Choice,
) -> tuple[str, ...]:
    found = []
    if outcome.status != "finished":
        found.append(f"The plan did not finish: {outcome.message}")
    elif not choice.planned:
        found.append(
            "The plan finished with a model that combine() did not give: the best parts on dev "
            "were taken"
        )
    for name, said in (("versions", "library versions"), ("settings", "settings")):
        if name in journal.changed:
            found.append(f"This run went on under other {said} than it began with")
    missing = [task for task in operations.taskset if task not in report.tasks]
    found += [f"The task {task} has no model: nothing could be trained for it" for task in missing]
    return tuple(found)


def _command(run_json: Mapping[str, Any]) -> str:
    settings = run_json["settings"]
    words = ["--budget", f"{run_json['budget_seconds']:g}s", "--seed", str(settings["seed"])]
    for name, usual in (
        ("encoder", ""),
        ("image_encoder", ""),
        ("device", "cpu"),
        ("threads", 0),
        ("dtype", "auto"),
        ("margin", 0.01),
    ):
        if settings[name] != usual:
            words += [f"--{name.replace('_', '-')}", str(settings[name])]
    for option, values in (("--input", settings["inputs"]), ("--target", settings["targets"])):
        words += [word for value in values for word in (option, value)]
    for target, kind in settings["kinds"].items():
        words += ["--kind", f"{target}={kind}"]
    return f"polytask run {run_json['source']} {shlex.join(words)}"


def _candidates(
    folder: RunFolder, calls: Sequence[Call], choice: Choice, lines: Sequence[int]
) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for call, line in zip(calls, lines, strict=False):
        if call.operation != "train" or not isinstance(call.output, dict):
            continue
        name = _name(call)
        part = _text(call.output, "part")
        facts = _facts(folder, part)
        found[name] = Candidate(
            name=name,
            tasks=tuple(map(str, call.output["tasks"])),  # type: ignore[arg-type]
            recipe=_text(call.output, "recipe"),
            status=_text(call.output, "status"),
            dev=dict(call.output["dev"]),  # type: ignore[arg-type]
            chosen=tuple(t for t, p in choice.parts.items() if part and p == part),
            control=tuple(t for t, p in choice.controls.items() if part and p == part),
            reason=_text(call.output, "reason"),
            line=line,
            passes=max(facts.get("passes", {}).values(), default=None),
            repeat=_repeat(call),
        )
    return list(found.values())


def _unequal(candidates: Sequence[Candidate]) -> list[str]:
    """Shared tasks whose control never had the setting of the shared part: no fair control."""
    trained = [one for one in candidates if one.status == "done" and not one.repeat]
    done = {(one.tasks, one.recipe) for one in trained}
    return [
        f"{task}: its control is not tuned as hard as the shared part: {one.recipe} was not "
        "trained on it alone, so its gain may be that of the setting and not of sharing"
        for one in candidates
        for task in one.chosen
        if len(one.tasks) > 1 and ((task,), one.recipe) not in done
    ]


def _one_seed(report: Report) -> list[str]:
    """A line where an arm with a training behind it was compared by one seed alone."""
    alone = [
        name
        for name, task in report.tasks.items()
        if task.gain is not None
        and any(
            arm is not None and arm.passes is not None and arm.seeds == 1
            for arm in (task, task.control)
        )
    ]
    if not alone:
        return []
    return [f"One seed ({', '.join(alone)}): the luck of training is not in the intervals"]


def _name(call: Call) -> str:
    output: Any = call.output
    return candidate_name(output["recipe"], output["tasks"], _repeat(call))


def _repeat(call: Call) -> int:
    return int(str(call.arguments.get("repeat", 0)))


def _curves(folder: RunFolder, calls: Sequence[Call]) -> list[Curve]:
    found: dict[str, Curve] = {}
    for call in calls:
        if call.operation != "train" or not isinstance(call.output, dict):
            continue
        epochs = _facts(folder, _text(call.output, "part")).get("curves", [])
        name = _name(call)
        if epochs:
            shown = tuple(Epoch(e["epoch"], e.get("loss", {}), e.get("dev", {})) for e in epochs)
            found[name] = Curve(name, shown)
    return list(found.values())


def _plan_lines(calls: Sequence[Call], lines: Sequence[int]) -> list[PlanLine]:
    found = [(line, _found(call)) for call, line in zip(calls, lines, strict=False)]
    return [PlanLine(line, text) for line, text in found if text]


def _found(call: Call) -> str:
    if call.operation == "tasks" and isinstance(call.output, list):
        return f"{len(call.output)} tasks"
    if call.operation == "train" and isinstance(call.output, dict):
        if call.output["status"] != "done":
            return f"{_name(call)}: {call.output['status']}, {call.output['reason']}"
        dev = ", ".join(f"{t} {100 * float(v):.1f}" for t, v in call.output["dev"].items())  # type: ignore[union-attr,arg-type]
        again = f", repeat {_repeat(call)}" if _repeat(call) else ""
        return f"{call.output['recipe']}{again}: {dev}"
    if call.operation == "compare" and isinstance(call.output, dict):
        said = []
        for task, gain in call.output.items():
            assert isinstance(gain, dict)
            said.append(f"{task} {100 * float(gain['gain']):+.1f} ({gain['verdict']})")  # type: ignore[arg-type]
        return ", ".join(said)
    return ""


def _timing(report: Report, calls: Sequence[Call], lines: Sequence[int], used: float) -> Any:
    seconds: dict[str, float] = {}
    by_line: dict[str, float] = {}
    for call, line in zip(calls, lines, strict=False):
        by_line[str(line)] = by_line.get(str(line), 0.0) + call.seconds
        if call.operation == "train" and isinstance(call.output, dict):
            seconds[_name(call)] = call.seconds
    return replace(report.timing, total=used, candidates=seconds, lines=by_line)


def _tidy(folder: RunFolder) -> None:
    """Take away what trainings that were stopped for time have left."""
    for pattern in ("*.tmp", "*.checkpoint"):
        for path in folder.parts.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


def _facts(folder: RunFolder, part: str) -> dict[str, Any]:
    path = folder.parts / part / "facts.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if part and path.is_file() else {}


def _plan_text(folder: RunFolder) -> str:
    return folder.plan.read_text(encoding="utf-8")


def _routes(value: Any) -> dict[str, str]:
    return {str(task): str(part) for task, part in value.items()}


def _lists(value: Any) -> dict[str, list[str]]:
    return {str(part): [str(other) for other in others] for part, others in value.items()}


def _done(call: Call) -> bool:
    return call.state == "done"


def _text(value: Any, name: str) -> str:
    return str(value.get(name, "")) if isinstance(value, dict) else ""
