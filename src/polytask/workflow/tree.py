"""The candidates of a run as a tree: what was trained, out of what, with scores, costs, reasons.

Read from the journal, so that a run that goes on, was stopped or failed can be looked at too. A
training stands below the one whose encoder it starts from, and what a child plan did below its
call.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import OutputError
from polytask.evaluation.rendering.figures import duration, figure, recipe_text, signed
from polytask.evaluation.rendering.tree import Node
from polytask.planning.budget import show
from polytask.planning.journal import Journal
from polytask.workflow.children import of_call
from polytask.workflow.folder import RunFolder
from polytask.workflow.trainings import training

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.evaluation.report import Candidate, Report
    from polytask.planning.journal import Call
    from polytask.workflow.trainings import Training

_COMPARED = "against controls"
"""Title of a comparison; of several with the same part the last stands, which knew most."""


def tree(run: str | Path) -> Node:
    """The tree of the run in the folder `run`, finished or not.

    Raises:
        OutputError: No run stands there, or it has not begun.
    """
    folder = RunFolder(Path(run))
    run_json = folder.settings()
    if not folder.journal.is_file():
        raise OutputError(f"The run in {run} has no journal yet: `polytask run {run}` goes on")
    with closing(Journal.open(folder.journal, meta={})) as journal:
        calls, used = journal.calls(), journal.used
    budget = show(run_json["budget_seconds"])
    title = f"{folder.path.name}: {run_json.get('state', 'started')}"
    growing = _Growing(folder, _report(folder))
    return Node(title, f"{duration(used)} of {budget}", children=growing.nodes(calls))


def _report(folder: RunFolder) -> Report | None:
    """What the run found; `None` before it has a report."""
    from polytask.evaluation.report import read

    return read(folder.report) if folder.report.is_file() else None


@dataclass
class _Growing:
    """A tree while it grows.

    Args:
        folder: The run folder.
        report: Says what became of each candidate, and in which metrics figures are.
        at: By part the node of its training.
    """

    folder: RunFolder
    report: Report | None
    at: dict[str, Node] = field(default_factory=dict)

    def nodes(self, calls: Sequence[Call]) -> list[Node]:
        """A node for each operation of a plan that says something, in order."""
        found: list[Node] = []
        for call in calls:
            one = training(call)
            if one is not None:
                self._place(found, one)
            elif call.operation == "try_plan":
                found.append(self._child(call))
            elif call.operation == "compare" and call.state == "done":
                self._compared(call)
        return found

    def _place(self, found: list[Node], one: Training) -> None:
        fate = self._fate(one)
        repeat = f" (seed {one.repeat})" if one.repeat else ""
        node = Node(
            f"{' + '.join(one.tasks)}: {recipe_text(one.recipe)}{repeat}",
            ", ".join([*self._figures(one.dev), *_cost(one)]),
            one.reason,
            delivered=fate.chosen if fate else (),
            control=fate.control if fate else (),
            failed=one.status != "done",
        )
        parent = self.at.get(one.lineage.start)
        (parent.children if parent else found).append(node)
        if one.part:
            self.at[one.part] = node

    def _child(self, call: Call) -> Node:
        output: Any = call.output
        inner = self.nodes(of_call(self.folder, call))
        if call.state != "done":
            return Node("child plan", "", "the budget ended in it", failed=True, children=inner)
        cost = f"{duration(output['seconds'])} of {show(float(str(call.arguments['seconds'])))}"
        failed = output["status"] not in ("finished", "unfinished")
        figures = ", ".join([*self._figures(output["dev"]), cost])
        title = f"child plan: {output['status']}"
        return Node(title, figures, output["reason"], failed=failed, children=inner)

    def _compared(self, call: Call) -> None:
        output: Any = call.output
        node = self.at.get(str(call.arguments["shared"]))
        if node is not None:
            gains = (
                f"{task} {signed(one['gain'], self._metric(task))} ({one['verdict']})"
                for task, one in output.items()
            )
            held = Node(_COMPARED, ", ".join(gains))
            node.children[:] = [one for one in node.children if one.title != _COMPARED] + [held]

    def _fate(self, one: Training) -> Candidate | None:
        found = self.report.candidates if self.report else ()
        return next((candidate for candidate in found if candidate.name == one.name), None)

    def _figures(self, dev: Mapping[str, float]) -> Iterator[str]:
        for task, value in dev.items():
            yield f"{task} {figure(value, self._metric(task))}"

    def _metric(self, task: str) -> str:
        tasks = self.report.tasks if self.report else {}
        return tasks[task].metric if task in tasks else "accuracy"


def _cost(one: Training) -> list[str]:
    return [duration(one.seconds)] if one.status == "done" else [one.status]
