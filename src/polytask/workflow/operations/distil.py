"""A program's own answers, learned by a head that answers without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import PolytaskError
from polytask.evaluation.certificate import certify
from polytask.evaluation.decisions import decide
from polytask.evaluation.interval import Pair
from polytask.evaluation.metrics import metric
from polytask.evaluation.report import Finding
from polytask.learning.encoders import modality_of
from polytask.tasks.task import Fold, Rows
from polytask.workflow import scoring
from polytask.workflow.assessing import group_of
from polytask.workflow.operations.recipes import QUICK, build
from polytask.workflow.operations.train import dev_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.learning.part import Part
    from polytask.learning.program_part import ProgramPart
    from polytask.tasks.task import Task
    from polytask.workflow.state import State


@dataclass(frozen=True)
class Distilled:
    """What became of a program.

    Args:
        part: What answers from now on: the head, or the program that it was no match for.
        dev: Its scores of dev rows.
        finding: What was tried and decided, for the report.
    """

    part: Part
    dev: scoring.Scored
    finding: Finding


def distil(state: State, part: ProgramPart, dev: scoring.Scored) -> Distilled:
    """Train quick recipes on the answers of a program; the best on dev stands in for it if it may.

    It learns the program's answers on training rows (those without one are left out) and never the
    labels of these rows; both are then judged by the labels of dev rows. It is taken where the
    certificate calls it *better* or *no worse* than the program there.
    (Hinton et al., Distilling the knowledge in a neural network, 2015, arXiv 1503.02531: here the
    teacher is a program, and its answers are labels.)

    Args:
        state: The worker's state.
        part: The program, in a model that answers its calls.
        dev: Its scores of dev rows.
    """
    name, fold = part.task.name, state.taskset.fold([part.task.name])
    taught = Fold({table: _answered(part, rows) for table, rows in fold.train.items()}, fold.dev)
    tried, failed = _tried(state, part.task, taught)
    if not tried:
        told = f"no head could learn the answers of its program: {'; '.join(failed)}"
        return Distilled(part, dev, Finding("distilled", told, name))
    sign = metric(part.task.metric).sign
    value, head, scored = max(tried, key=lambda one: sign * one[0])
    verdict = _compared(state, part, scored, dev)
    told = (
        f"{head.recipe} learned the answers of its program on "
        f"{sum(map(len, taught.train.values())):,} rows; on dev {part.task.metric} {value:.3f} "
        f"against {dev_metric(state.taskset, name, dev):.3f} of the program: {verdict}"
    )
    if verdict in ("better", "no worse"):
        finding = Finding("distilled", f"{told}, so it answers instead", name, 0, "info")
        return Distilled(head, scored, finding)
    return Distilled(part, dev, Finding("distilled", f"{told}, so the program stays", name))


def _tried(
    state: State, task: Task, taught: Fold
) -> tuple[list[tuple[float, Part, scoring.Scored]], list[str]]:
    """Heads with their primary metric and scores on dev, and why others could not be trained."""
    found, failed = [], []
    for recipe in QUICK[modality_of(task.inputs)]:
        state.emit({"event": "note", "text": f"teaching {recipe} the answers of {task.name}"})
        try:
            head = build(recipe).fit([task], taught, state.context())
        except PolytaskError as error:
            failed.append(f"{recipe}: {error}")
            continue
        scored = scoring.score_rows(head, taught.dev, [task.name])[task.name]
        found.append((dev_metric(state.taskset, task.name, scored), head, scored))
    return found, failed


def _answered(part: ProgramPart, rows: Rows) -> Rows:
    """The rows that the program answers, labelled with its answers."""
    name = part.task.name
    found = decide(part.task, part.scores(rows.inputs, [name])[name])
    answered = [label if label not in ("", []) else None for label in found.labels]
    return Rows(rows.inputs, {name: answered}, rows.positions).labelled(name)


def _compared(
    state: State, part: ProgramPart, head: scoring.Scored, program: scoring.Scored
) -> str:
    """The verdict on the head against the program, on dev."""
    name, taskset = part.task.name, state.taskset
    arms: Mapping[str, scoring.Judged] = {
        arm: scoring.judged(taskset, name, "dev", scored)
        for arm, scored in (("head", head), ("program", program))
    }
    pair = Pair(
        task=part.task,
        targets=arms["head"].truth,
        shared=arms["head"].answers(),
        control=arms["program"].answers(),
        groups=group_of(taskset, name, arms["head"].positions),
    )
    margin, seed = float(state.settings["margin"]), int(state.settings["seed"])
    return str(certify({name: pair}, margin=margin, seed=seed)[name].verdict)
