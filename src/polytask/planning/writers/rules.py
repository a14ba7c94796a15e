"""The built-in planner, first version: rules that turn a profile into a plan program.

The program is what a colleague would write: quick models first so that something usable stands
within a minute, then settings in a fixed order, each as joint candidates with single-task controls
of the same setting, and at the end a decision per task from measured gains on dev. Which
candidates there are and in which order depends on the data alone, never on the budget: the clock
only decides which of them are passed over since they do not fit into the time left. Where a joint
part is, its controls wait until the smaller groups had their turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from polytask._catalogue import parse
from polytask._errors import MissingError
from polytask.planning.writers import blocks, halving, lengthening, mining, promising
from polytask.planning.writers.constants import FEW, few, scale, sharing
from polytask.planning.writers.costs import Costs
from polytask.planning.writers.grouping import Group, groups
from polytask.planning.writers.helping import Help
from polytask.planning.writers.ladder import SHORT, Setting, ladder
from polytask.planning.writers.quick import Quick, quick_list, quick_models
from polytask.planning.writers.steps import Step, in_order, short_list, steps_list
from polytask.planning.writers.wording import (
    about,
    block,
    figures,
    listed,
    plain,
    points,
    quoted,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from polytask.planning.budget import Budget
    from polytask.tasks.profile import Profile, TaskProfile


PATIENT = 1800.0
"""Seconds up to which one model for all tasks is tried before the smaller groups."""
MARGIN = 0.01
SHORT_IDEA = " Tasks that none of the settings has room for get a single pass."


def write(
    profile: Profile,
    *,
    budget: Budget,
    source: str = "tasks.yaml",
    costs: Costs | None = None,
    encoders: Collection[str] = ("text", "image"),
    margin: float = MARGIN,
) -> str:
    """Write a plan program for the tasks of a profile.

    Args:
        profile: What is known of the tasks; recipes asked for there, then hints, come before the
            ladder.
        budget: What the run may take; told in the plan's docstring, changes no candidate.
        source: The task file, relative to the plan.
        costs: Seconds per 1,000 rows on this machine.
        encoders: What there are pretrained weights for, of "text" and "image"; without them text
            tasks get `TfidfLinear` alone and image tasks are left out.
        margin: δ of the certificate; a task stays shared while it loses less than that on dev
            (LOG.md, "snips, ten minutes, quiet").

    Returns:
        The text of the plan; it passes `checks.check_text`.

    Raises:
        MissingError: Only image tasks, and no weights to read images with.
    """
    tasks = [profile[name] for name in profile]
    usable = [task for task in tasks if task.modality != "image" or "image" in encoders]
    if not usable:
        raise MissingError(
            "Image tasks need pretrained weights: `polytask weights get image`, then run again"
        )
    draft = _Draft(
        profile, tasks, usable, budget, source, costs or Costs(), tuple(encoders), margin
    )
    return "".join(draft.sections())


@dataclass(frozen=True)
class _Draft:
    profile: Profile
    tasks: Sequence[TaskProfile]
    usable: Sequence[TaskProfile]
    budget: Budget
    source: str
    costs: Costs
    encoders: tuple[str, ...]
    margin: float

    @cached_property
    def trainable(self) -> list[TaskProfile]:
        """Tasks for which there is an encoder that can be trained."""
        return [task for task in self.usable if _needs(task) in self.encoders]

    @cached_property
    def quick(self) -> list[Quick]:
        """The models that every task gets first."""
        return quick_models(self.usable, self.trainable)

    @cached_property
    def groups(self) -> list[Group]:
        """Groups in the order they are tried.

        The largest first, since one model for all tasks is what a user hopes for, unless it would
        take long: then the cheap ones first, so that something is compared within any budget.
        """

        def order(group: Group) -> tuple[bool, float]:
            seconds = self._seconds(self._ladder(group)[0], group)
            return (seconds > PATIENT, seconds if seconds > PATIENT else -seconds)

        return sorted(groups(self.trainable), key=order)

    @cached_property
    def steps(self) -> list[Step]:
        """Every setting with every group it is tried on, in order, with what it adds in seconds."""
        return in_order({group: self._ladder(group) for group in self.groups}, self._seconds)

    @cached_property
    def longer(self) -> list[Step]:
        """The first of the longer trainings, with the groups whose tasks have few rows each."""
        rows = {task.name: task.n_train for task in self.trainable}
        few = [
            group
            for group in self.groups
            if _reads(group, self.trainable) == lengthening.SETTING.modality
            and all(rows[name] <= lengthening.MOST for name in group.names)
        ]
        return in_order(dict.fromkeys(few, (lengthening.SETTING,)), self._seconds)

    @cached_property
    def short(self) -> list[Step]:
        """The same for tasks that none of the settings had room for."""
        ladders = {group: SHORT[_reads(group, self.trainable)] for group in self.groups}
        return in_order(ladders, self._seconds)

    @cached_property
    def help(self) -> Help:
        """What may help the tasks that can be trained, and is not served."""
        return Help(self.profile, self.trainable, self.costs)

    @property
    def shares(self) -> bool:
        """Whether any tasks may be learned together, with each other or with helpers."""
        return bool(self.help.tasks) or any(len(group.names) > 1 for group in self.groups)

    @property
    def promises(self) -> bool:
        """Whether so many tasks may be learned together that smaller groups are worth a thought."""
        return any(len(group.names) >= promising.FEWEST for group in self.groups)

    def sections(self) -> Iterator[str]:
        """The program from top to bottom."""
        yield self._docstring()
        yield self._imports()
        yield self._tasks()
        yield quick_list(self.quick, self.costs, len(self.usable))
        if self.groups:
            yield steps_list(self.steps, shares=self.shares)
        if self.longer:
            lists = lengthening.constants(self.longer, shares=self.shares, margin=self.margin)
            yield "\n".join([*lists, ""])
        if self.short:
            yield short_list(self.short)
        yield self.help.text()
        yield from _functions(self)
        yield from self._steps()

    def _docstring(self) -> str:
        names = [task.name for task in self.usable]
        what = f"{len(names)} tasks" if len(names) > 1 else "1 task"
        head = f'"""How to learn {what} of {plain(self.source)}: {listed(names)}.'
        paragraphs = [self._idea(), *self._expected()]
        text = "\n".join(line for paragraph in paragraphs for line in (*paragraph, ""))
        return f'{head}\n\n{text.rstrip()}\n"""\n\n'

    def _idea(self) -> list[str]:
        if self.shares:
            small = f", or anything where fewer than {FEW} rows judge" if few(self.usable) else ""
            return wrap(
                "Every task first gets quick models of its own. Then tasks are trained together "
                "and, with the very same settings, alone: the best part alone is the control that "
                "sharing is held against. On dev rows each task ends in the joint part that keeps "
                f"most tasks, unless it loses {points(self.margin)} or more by it{small}; then its "
                "control answers it. With time left, the joint part that helps most tasks is "
                "trained once more, the tasks that it hurts taught by their controls; then the "
                "chosen joint parts and the controls of their tasks are trained again with other "
                "seeds, to tell a gain from luck."
                + (lengthening.IDEA if self.longer else "")
                + self.help.idea
                + (promising.IDEA if self.promises else "")
                + (SHORT_IDEA if self.short else "")
                + halving.IDEA
            )
        if self.groups:
            return wrap(
                "Quick models first, then a trained encoder; the best on dev wins."
                + (lengthening.IDEA if self.longer else "")
                + (SHORT_IDEA if self.short else "")
                + halving.IDEA
            )
        english = {task.language in ("", "en") for task in self.usable if task.modality != "image"}
        names = [name for name, of in (("text", True), ("multilingual", False)) if of in english]
        return wrap(
            "The pretrained weights for these texts are not here, so each task gets a linear model "
            f"on words and characters. `polytask weights get {' '.join(names)}` fetches them, "
            "once; more is possible then."
        )

    def _expected(self) -> list[list[str]]:
        total = quick = sum(one.seconds(self.costs) for one in self.quick)
        text = f"Roughly, on a common machine: the quick models take {about(quick)}"
        if self.groups:
            total += sum(step.seconds for step in (*self.steps, *self.longer))
            total += self.help.seconds
            text += f", everything before the last search {about(total)}"
        fits = total <= self.budget.for_operations
        room = "all of it" if fits else self._reach(quick)
        fit = f"The budget of {self.budget} has room for {room} there"
        return [wrap(f"{text}. {fit}; the run goes by times that it measures.")]

    def _reach(self, spent: float) -> str:
        room = self.budget.for_operations - spent
        if room < 0:
            return "a part of the quick models"
        for step in (*self.steps, *self.longer):
            room -= step.seconds
            if room < 0:
                return f"what comes before {step.setting.recipe} of {listed(step.group.names)}"
        return "what comes before the helpers" if room < self.help.seconds else "all of it"

    def _imports(self) -> str:
        recipes = {parse(one.recipe).name for one in self.quick}
        words = {"Trained", "combine", "finish", "say", "tasks", "train"}
        if self.groups:
            steps = (*self.steps, *self.longer, *self.short)
            recipes |= {name for step in steps for name in step.setting.names}
            recipes |= {
                name for setting, _ in mining.late(self.trainable) for name in setting.names
            }
            words |= {"suggest"}
        if self.shares:
            words |= {"compare", "seconds_left"}
        if self.promises:
            words |= {"evidence"}
        if self.help.tasks:
            words |= {"helpers", *self.help.names}
        listed = "".join(f"    {name},\n" for name in sorted(recipes | words))
        return f"from polytask.plan import (\n{listed})\n\n"

    def _tasks(self) -> str:
        lines = [f"t = tasks({quoted(self.source)})"]
        left = [task.name for task in self.tasks if task not in self.usable]
        if left:
            lines += [f"# Left out: {listed(left)}. Images need pretrained weights, once:"]
            lines += ["#   polytask weights get image"]
            lines += block("LEFT_OUT = [", map(quoted, left), "]")
            lines += ["t = [task for task in t if task not in LEFT_OUT]"]
        lines += [f"# {plain(task.name)}: {figures(task)}" for task in self.usable]
        if self.shares:
            lines += ["", *sharing(self.usable, self.margin, self.profile.answered)]
        if scale(self.usable):
            lines += ["# Errors, of which less is better: turned round, in standard deviations."]
            errors = (f"{quoted(name)}: {value}" for name, value in scale(self.usable).items())
            lines += block("SCALE = {", errors, "}")
        return "\n".join(lines) + "\n"

    def _ladder(self, group: Group) -> tuple[Setting, ...]:
        return ladder(_reads(group, self.trainable), self.profile.recipes, self.profile.hints)

    def _seconds(self, setting: Setting, group: Group, without: Collection[str] = ()) -> float:
        """Seconds of a setting on a group: the joint part, and the controls not yet trained."""
        by_name = {task.name: task for task in self.trainable}
        runs = [[by_name[name]] for name in group.names if name not in without]
        if len(group.names) > 1:
            runs.append([by_name[name] for name in group.names])
        return sum(self.costs.seconds(setting.method, run, setting.epochs) for run in runs)

    def _steps(self) -> Iterator[str]:
        yield "\n\n# 1. Quick models." + blocks.QUICK_LOOP
        if self.groups:
            yield "\n# 2. Settings."
            yield blocks.SHARE_LOOP if self.shares else blocks.ALONE_LOOP
        if self.longer:
            yield "\n# Few rows: twice as many passes, as long as that gains."
            yield lengthening.LOOP
        if self.short:
            yield "\n# What none of them had room for gets less."
            yield blocks.SHORT_LOOP if self.shares else blocks.SHORT_ALONE_LOOP
        if self.shares:
            yield from _shared(self)
        else:
            yield "\n# 3. The best on dev answers."
            yield blocks.DECIDE_ALONE
        if self.groups:
            yield "\n# With time left, settings for tasks that a part of their own answers."
            yield halving.AFTER_REPEATS if self.shares else ""
            yield halving.LOOP
            yield mining.LOOP if mining.late(self.trainable) else ""
        yield blocks.LEFT_OVER
        yield blocks.FINISH_REPEATED if self.shares else blocks.FINISH


def _shared(draft: _Draft) -> Iterator[str]:
    """What follows the settings where tasks may be learned together."""
    yield "\n# 3. With time left, tasks that lost in company leave it, the rest try again."
    yield blocks.REGROUP_LOOP
    yield "\n# 4. With time left, tasks that still lose are taught by their controls, once."
    yield blocks.DISTIL_LOOP
    if draft.help.tasks:
        yield "\n# With time left, each task after and with the sets likeliest to help it."
        yield blocks.SEQUENCE_LOOP if draft.help.after else ""
        yield blocks.HELP_LOOP
    if draft.promises:
        yield "\n# With time left, the groups that are promised most."
        yield promising.LOOP
    yield "\n# 5. Who answers what: gains on dev decide, task by task."
    yield blocks.DECIDE_HELPED if draft.help.after else blocks.DECIDE
    yield "\n# 6. With time left, what is shared and its controls again, with other seeds."
    yield blocks.REPEAT_HELPED if draft.help.after else blocks.REPEAT


def _functions(draft: _Draft) -> Iterator[str]:
    """The functions that the steps of the plan call."""
    scaled = bool(scale(draft.usable))
    yield from _kept(draft)
    yield blocks.SCALED_SCORE if scaled else blocks.PLAIN_SCORE
    yield from _sharing(scaled) if draft.shares else [blocks.ATTEMPT_ALONE]
    if draft.longer:
        yield lengthening.functions(shares=draft.shares)
    if draft.short:
        yield blocks.PASSED_OVER if draft.shares else blocks.PASSED_OVER_ALONE
    if draft.promises:
        yield promising.FUNCTION
    if draft.help.tasks:
        yield blocks.WITH_HELPERS
    if draft.help.after:
        yield blocks.IN_SEQUENCE
    if draft.groups:
        yield halving.function(draft.trainable, draft.costs)
        yield mining.constant(draft.trainable)


def _kept(draft: _Draft) -> Iterator[str]:
    """What the plan keeps of the parts it trained."""
    yield blocks.BEST
    if draft.shares:
        yield blocks.JOINTS
    if draft.help.after:
        yield blocks.STARTED
    yield blocks.TRIED


def _sharing(scaled: bool) -> Iterator[str]:
    yield blocks.ATTEMPT
    yield blocks.TOGETHER
    yield blocks.SCALED_GAINS if scaled else blocks.PLAIN_GAINS
    yield blocks.LOSES
    yield blocks.REGROUP
    yield blocks.DISTIL


def _needs(task: TaskProfile) -> str:
    return "image" if task.modality == "image" else "text"


def _reads(group: Group, tasks: Sequence[TaskProfile]) -> str:
    """What the tasks of a group are: "text" or "image"."""
    return _needs(next(task for task in tasks if task.name == group.names[0]))
