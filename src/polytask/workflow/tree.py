"""The candidates of a run as a tree: what was trained, out of what, with scores, costs, reasons.

Read from the journal, so that a run that goes on, was stopped or failed can be looked at too. A
training stands below the one whose encoder it starts from, and what a child plan did below its
call. A plan that a language model made of another, by repairing or improving it, stands below that.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import OutputError, command
from polytask.evaluation.rendering.figures import duration, figure, recipe_text, signed
from polytask.evaluation.rendering.tree import Node
from polytask.planning.budget import show
from polytask.planning.journal import Journal
from polytask.workflow.children import of_call
from polytask.workflow.folder import RunFolder
from polytask.workflow.trainings import trained

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
        raise OutputError(f"The run in {run} has no journal yet: {command('run', run)} goes on")
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
        plans: By text of a plan that was tried its node, and whether it named a model.
        drafts: By text of a plan of a language model the call that asked for it.
    """

    folder: RunFolder
    report: Report | None
    at: dict[str, Node] = field(default_factory=dict)
    plans: dict[str, tuple[Node, bool]] = field(default_factory=dict)
    drafts: dict[str, Call] = field(default_factory=dict)

    def nodes(self, calls: Sequence[Call]) -> list[Node]:
        """A node for each operation of a plan that says something, in order."""
        found: list[Node] = []
        for call in calls:
            for one in trained(call):
                self._place(found, one)
            if call.operation == "draft" and call.state == "done":
                self._drafted(found, call)
            elif call.operation == "try_plan":
                self._tried(found, call)
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

    def _drafted(self, found: list[Node], call: Call) -> None:
        """Keep a plan of the language model until it is tried; where there is none, say so."""
        output: Any = call.output
        if output["status"] == "done":
            self.drafts[output["text"]] = call
            return
        kind, siblings = self._move(found, call)
        cost = f"{output['tokens']:,} tokens, {duration(output['seconds'])}"
        siblings.append(Node(f"{kind}: {output['status']}", cost, output["reason"], failed=True))

    def _tried(self, found: list[Node], call: Call) -> None:
        text = str(call.arguments["text"])
        drafted = self.drafts.get(text)
        kind, siblings = self._move(found, drafted) if drafted else ("child plan", found)
        siblings.append(self._child(call, kind))
        output: Any = call.output
        self.plans[text] = siblings[-1], call.state == "done" and bool(output.get("model"))

    def _move(self, found: list[Node], draft: Call) -> tuple[str, list[Node]]:
        """What a language model was asked for, and where that stands: below the plan it is of."""
        parent, sound = self.plans.get(str(draft.arguments["text"]), (None, False))
        if parent is None:
            return "drafted plan", found
        return ("improved plan" if sound else "repaired plan"), parent.children

    def _child(self, call: Call, kind: str) -> Node:
        output: Any = call.output
        inner = self.nodes(of_call(self.folder, call))
        if call.state != "done":
            return Node(kind, "", "the budget ended in it", failed=True, children=inner)
        cost = f"{duration(output['seconds'])} of {show(float(str(call.arguments['seconds'])))}"
        failed = output["status"] not in ("finished", "unfinished")
        figures = ", ".join([*self._figures(output["dev"]), cost])
        title = f"{kind}: {output['status']}"
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
