"""What a run says of itself in the report: what was tried, where in the plan, for how long."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from polytask.evaluation.report import Candidate, Curve, Epoch, Estimate, Moved, PlanLine
from polytask.workflow.settings import OF_MODEL, typed
from polytask.workflow.trainings import trained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.planning.journal import Call
    from polytask.workflow.choosing import Choice
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.trainings import Training


def candidates(
    folder: RunFolder, found: Sequence[Training], choice: Choice
) -> tuple[Candidate, ...]:
    """Everything trained; of one asked for twice the second answer."""
    named = {one.name: _candidate(folder, one, choice) for one in found}
    return tuple(named.values())


def _candidate(folder: RunFolder, one: Training, choice: Choice) -> Candidate:
    return Candidate(
        name=one.name,
        tasks=one.tasks,
        recipe=one.recipe,
        status=one.status,
        dev=dict(one.dev),
        chosen=_of(one.part, choice.parts),
        control=_of(one.part, choice.controls),
        reason=one.reason,
        line=one.line,
        passes=max(facts(folder, one).get("passes", {}).values(), default=None),
        repeat=one.repeat,
        builds_on=str(one.lineage),
    )


def _of(part: str, routes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(task for task, named in routes.items() if part and part == named)


def curves(folder: RunFolder, found: Sequence[Training]) -> tuple[Curve, ...]:
    """The epochs of everything trained in epochs."""
    named = {one.name: facts(folder, one).get("curves", []) for one in found}
    return tuple(
        Curve(name, tuple(Epoch(e["epoch"], e.get("loss", {}), e.get("dev", {})) for e in epochs))
        for name, epochs in named.items()
        if epochs
    )


def moved(folder: RunFolder, found: Sequence[Training], calls: Sequence[Call]) -> tuple[Moved, ...]:
    """What moved between the tasks of each training of several, gains as the plan compared them."""
    gains = {str(call.arguments["shared"]): _gains(call) for call in calls if _compared(call)}
    named = {one.name: one for one in found if one.status == "done" and len(one.tasks) > 1}
    told = {name: facts(folder, one).get("moved", {}) for name, one in named.items()}
    return tuple(
        Moved(
            name,
            gains.get(one.part, {}),
            told[name].get("norms", {}),
            told[name].get("cosines", {}),
            tuple(told[name].get("layers", ())),
            told[name].get("affinity", {}),
        )
        for name, one in named.items()
        if told[name] or one.part in gains
    )


def _compared(call: Call) -> bool:
    return call.operation == "compare" and call.state == "done"


def _gains(call: Call) -> dict[str, Estimate]:
    output: Any = call.output
    return {task: Estimate(one["gain"], one["low"], one["high"]) for task, one in output.items()}


def facts(folder: RunFolder, one: Training) -> dict[str, Any]:
    """What the worker noted of a training; empty unless it was done."""
    path = folder.parts / one.part / "facts.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def plan_lines(calls: Sequence[Call], lines: Sequence[int]) -> tuple[PlanLine, ...]:
    """What the lines of the plan found, in order of calls."""
    pairs = zip(calls, lines, strict=False)
    return tuple(PlanLine(line, text) for call, line in pairs for text in _found(call))


def _found(call: Call) -> list[str]:
    output: Any = call.output
    if call.state != "done":
        return []
    if call.operation == "tasks":
        return [f"{len(output)} tasks"]
    if call.operation == "compare" and output:
        gains = (f"{t} {100 * one['gain']:+.1f} ({one['verdict']})" for t, one in output.items())
        return [", ".join(gains)]
    if call.operation == "try_plan":
        return [_attempted(output)]
    return list(map(_trained, trained(call)))


def _attempted(output: Mapping[str, Any]) -> str:
    dev = ", ".join(f"{task} {100 * value:.1f}" for task, value in output["dev"].items())
    told = f" ({output['reason']})" if output["reason"] else ""
    return f"child plan: {output['status']}{told}{': ' if dev else ''}{dev}"


def _trained(one: Training) -> str:
    if one.status != "done":
        return f"{one.name}: {one.status}, {one.reason}"
    dev = ", ".join(f"{task} {100 * value:.1f}" for task, value in one.dev.items())
    again = f", repeat {one.repeat}" if one.repeat else ""
    built_on = f", {one.lineage}" if one.lineage else ""
    return f"{one.recipe}{built_on}{again}: {dev}"


def line_seconds(calls: Sequence[Call], lines: Sequence[int]) -> dict[str, float]:
    """By line of the plan the seconds that its operations took."""
    found: dict[str, float] = {}
    for call, line in zip(calls, lines, strict=False):
        found[str(line)] = found.get(str(line), 0.0) + call.seconds
    return found


def command(run_json: Mapping[str, Any]) -> str:
    """The command that reproduces the run."""
    settings = run_json["settings"]
    words = ["--budget", f"{run_json['budget_seconds']:.15g}s", "--seed", str(settings["seed"])]
    for name, usual in (
        ("encoder", ""),
        ("image_encoder", ""),
        ("device", "cpu"),
        ("threads", 0),
        ("dtype", "auto"),
        ("margin", 0.01),
        ("prefer", "accurate"),
        ("max_latency", ""),
    ):
        if settings.get(name, usual) != usual:
            words += [f"--{name.replace('_', '-')}", str(settings[name])]
    for option, name in (("--input", "inputs"), ("--target", "targets"), ("--helpers", "helpers")):
        words += [word for value in settings.get(name, ()) for word in (option, value)]
    for target, kind in settings["kinds"].items():
        words += ["--kind", f"{target}={kind}"]
    if settings.get("llm"):  # its key stands in no setting
        words += typed({name: settings[name] for name in OF_MODEL})
    return f"polytask run {run_json['source']} {shlex.join(words)}"
