"""What helped: sets that are not served, what each gave a task on dev, and which are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.evaluation.rendering.figures import ABSENT, gain_span, signed
from polytask.evaluation.rendering.markup import Safe, data, join, number, table, tag

if TYPE_CHECKING:
    from polytask.evaluation.report import Help, Report

HEADS = ("task", "trained with", "rows", "similarity", "gain on dev", "used")


def section(report: Report) -> Safe | None:
    """A line a task and sets, in the order they were ranked and tried."""
    if not report.helpers:
        return None
    head = [number(name, "th") if name in HEADS[2:4] else name for name in HEADS]
    inner = table(head, [_row(report, one) for one in report.helpers], class_="helpers")
    told = "Sets that may help and are not served. Gains are over the task's control on dev rows."
    if any(one.in_sequence for one in report.helpers):
        told += " In sequence: first the sets, then the task on the encoder that they left."
    return tag(
        "section", tag("h2", "What helped"), tag("p", told, class_="under"), inner, id="helpers"
    )


def cells(report: Report, one: Help) -> tuple[str, str, str, str, str, str, str]:
    """What a line says: task, sets, rows, similarity, gain, its ends, whether used.

    Sets that nothing started from stand there for no task.
    """
    metric = report.tasks[one.task].metric if one.task in report.tasks else "accuracy"
    gain = one.gain
    fate = {"done": "no", "": "not tried"}.get(one.status, one.status)
    return (
        one.task or ABSENT,
        " + ".join(one.sets) + (", in sequence" if one.in_sequence else ""),
        f"{one.rows:,}",
        ABSENT if one.similarity is None else f"{one.similarity:.2f}",
        signed(gain.value, metric) if gain else ABSENT,
        gain_span(gain.low, gain.high, metric) if gain else "",
        "yes" if one.used else fate,
    )


def _row(report: Report, one: Help) -> list[Safe]:
    task, sets, rows, similarity, gain, ends, used = cells(report, one)
    shown = join([tag("b", gain), " ", tag("span", ends, class_="ends")]) if ends else gain
    return [
        tag("th", data(task), scope="row"),
        tag("td", data(sets)),
        number(rows),
        number(similarity),
        tag("td", shown, class_="figures"),
        tag("td", tag("b", used) if one.used else used),
    ]
