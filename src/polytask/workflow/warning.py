"""What the user should know about a run before believing its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.workflow.telling import facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from polytask.evaluation.report import Candidate, Report
    from polytask.planning.interpreter import Outcome
    from polytask.planning.journal import Journal
    from polytask.workflow.choosing import Choice
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.trainings import Training


def of_run(
    journal: Journal, outcome: Outcome, choice: Choice, tasks: Sequence[str]
) -> Iterator[str]:
    """How the run went otherwise than meant; `tasks` are those of the task set."""
    if outcome.status != "finished":
        yield f"The plan did not finish: {outcome.message}"
    elif not choice.planned:
        yield (
            "The plan finished with a model that combine() did not give: the best parts on dev "
            "were taken"
        )
    for name, said in (("versions", "library versions"), ("settings", "settings")):
        if name in journal.changed:
            yield f"This run went on under other {said} than it began with"
    for task in tasks:
        if task not in choice.parts:
            yield f"The task {task} has no model: nothing could be trained for it"


def of_figures(report: Report) -> Iterator[str]:
    """What the figures of a report do not show."""
    yield from unequal(report.candidates)
    yield from one_seed(report)
    yield from folded(report)


def unequal(candidates: Sequence[Candidate]) -> Iterator[str]:
    """Shared tasks whose control never had the setting of the shared part: no fair control."""
    trained = [one for one in candidates if one.status == "done" and not one.repeat]
    done = {(one.tasks, one.recipe) for one in trained}
    for one in candidates:
        for task in one.chosen:
            if len(one.tasks) > 1 and ((task,), one.recipe) not in done:
                yield (
                    f"{task}: its control is not tuned as hard as the shared part: {one.recipe} "
                    "was not trained on it alone, so its gain may be that of the setting and not "
                    "of sharing"
                )


def one_seed(report: Report) -> Iterator[str]:
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
    if alone:
        yield f"One seed ({', '.join(alone)}): the luck of training is not in the intervals"


def folded(report: Report) -> Iterator[str]:
    """A line where rows that judge have also chosen: with folds every row is a dev row too."""
    names = [name for name, task in report.tasks.items() if task.folds > 1]
    if names:
        yield (
            f"Folds ({', '.join(names)}): recipes and sharing were chosen by the same rows that "
            "judge them, so figures are a little too good; a test split of its own would not be"
        )


def of_trainings(folder: RunFolder, found: Sequence[Training], choice: Choice) -> Iterator[str]:
    """What the trainings of the model and of its controls noted, each once."""
    used = {*choice.parts.values(), *choice.controls.values()}
    for one in {one.name: one for one in found if one.part in used}.values():
        for note in dict.fromkeys(facts(folder, one).get("notes", [])):
            yield f"{one.name}: {note}"
