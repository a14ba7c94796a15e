"""What `report.json` says of a whole run, as frozen dataclasses; a field is a key of the file.

Times stand in `Timing` alone; everything else is identical between two undisturbed runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from polytask.evaluation.report.front import Front  # noqa: TC001 (read to decode)
from polytask.evaluation.report.language import LanguageModel  # noqa: TC001 (read to decode)
from polytask.evaluation.report.task import Estimate, TaskReport  # noqa: TC001 (read to decode)

FORMAT = 1
"""Version of `report.json`; raised when a key changes its meaning or is taken away."""


@dataclass(frozen=True)
class Joint:
    """Share of test rows on which all tasks of a table are right (sentence accuracy).

    Args:
        table: The table.
        tasks: The tasks that must all be right.
        n_test: Rows that carry every label.
        value: Of the delivered model, with `low` and `high`.
        control: The same share for the controls together, or `None`.
    """

    table: str
    tasks: tuple[str, ...]
    n_test: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    control: float | None = None


@dataclass(frozen=True)
class PartReport:
    """A part of a model: the tasks it answers in one pass, and its size."""

    name: str
    recipe: str
    tasks: tuple[str, ...]
    parameters: int
    bytes: int


@dataclass(frozen=True)
class ModelReport:
    """The size of a model: everything needed to answer every task.

    Args:
        parameters: Learned or needed numbers, frozen ones included.
        bytes: On disk.
        parts: Its parts.
    """

    parameters: int
    bytes: int
    parts: tuple[PartReport, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """Something the plan trained, or tried to.

    Args:
        name: Unique in the run; the key in `Timing.candidates` and of its curves.
        tasks: The tasks trained together.
        recipe: Text form.
        status: "done", "failed" or "no time".
        dev: By task the primary metric on dev (or out of fold).
        chosen: The tasks that the delivered model answers with it.
        control: The tasks whose control it is.
        reason: Why it was chosen, left or failed.
        line: Line of the plan, or `None`.
        passes: How often it saw its rows.
        repeat: 0, or the number of a repeat with another seed, which is never delivered.
        builds_on: The part it starts from and the tasks it is taught, in words; "" where none.
    """

    name: str
    tasks: tuple[str, ...]
    recipe: str
    status: str = "done"
    dev: dict[str, float | None] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    reason: str = ""
    line: int | None = None
    passes: float | None = None
    repeat: int = 0
    builds_on: str = ""


@dataclass(frozen=True)
class Help:
    """What sets that are not served gave a task, judged by its dev rows.

    Args:
        task: The task; "" where the sets were trained alone and no task started from them.
        sets: The sets it was trained with.
        rows: Their rows.
        similarity: How alike the set's inputs and the task's are; `None` for several sets.
        status: "done", "failed", "no time", or "" where it was not tried.
        gain: Over the task's control on dev; `None` unless it was compared.
        used: Whether the part trained with them answers the task.
        in_sequence: Whether the sets were learned first and the task after them, from their
            encoder, rather than together.
    """

    task: str
    sets: tuple[str, ...]
    rows: int
    similarity: float | None = None
    status: str = ""
    gain: Estimate | None = None
    used: bool = False
    in_sequence: bool = False


@dataclass(frozen=True)
class Epoch:
    """An epoch line: by task the mean training loss and the primary metric on dev."""

    epoch: int
    loss: dict[str, float | None] = field(default_factory=dict)
    dev: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Curve:
    """The epochs of one candidate; with folds, of its first fit."""

    candidate: str
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class Moved:
    """What moved between the tasks of a candidate that were trained together.

    Args:
        candidate: Its name.
        gains: By task what it gained on dev over the task's control, as the plan compared them.
        norms: By task the length of the gradient at the numbers that the tasks share, at the end.
        cosines: By task the cosine of its gradient with that of each later task.
        layers: By layer, from bottom to top, how far it moved, in lengths of what it was before.
        affinity: By task, by other task, the share of the other's loss that one gradient step for
            the task takes, the mean over looks during the training.
    """

    candidate: str
    gains: dict[str, Estimate] = field(default_factory=dict)
    norms: dict[str, float] = field(default_factory=dict)
    cosines: dict[str, dict[str, float]] = field(default_factory=dict)
    layers: tuple[float, ...] = ()
    affinity: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Promise:
    """A group of tasks that was tried: what was promised of it, and what came of it.

    Args:
        candidate: Its name.
        tasks: The tasks.
        rank: Its place among the groups by what gradients promised, from 1.
        promised: By task the mean affinity onto it of the others of the group.
        gains: By task what it gained on dev over its control.
        predicted: By proposer its score of the group; of each only the order counts. "planner" is
            all together: 1 less the mean of the places that they give the group among those tried,
            0 for the first and 1 for the last.
    """

    candidate: str
    tasks: tuple[str, ...]
    rank: int
    promised: dict[str, float] = field(default_factory=dict)
    gains: dict[str, Estimate] = field(default_factory=dict)
    predicted: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """How well a proposer ranked the groups that were tried.

    Args:
        proposer: Its name; "planner" is all of them together.
        groups: How many it spoke of, at least two.
        regret: As `Evidence.regret`, in the order of its scores.
        correlation: Spearman's, of its scores with the mean gains; `None` below three groups, or
            where one side is constant.
    """

    proposer: str
    groups: int
    regret: dict[str, float] = field(default_factory=dict)
    correlation: float | None = None


@dataclass(frozen=True)
class Evidence:
    """How well the groups that were tried were ranked before, all trained with one recipe.

    Args:
        source: The candidate whose affinities promised.
        groups: The groups, the most promising first.
        regret: By k, as text: the best mean gain of all groups less that of the best among the k
            most promising; 0 where those hold the best. In fractions, as the gains are.
        proposers: The same for each proposer that spoke of two groups or more, and the planner.
    """

    source: str
    groups: tuple[Promise, ...]
    regret: dict[str, float] = field(default_factory=dict)
    proposers: tuple[Ranking, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something noticed about the data; as `polytask.tasks.task.Finding`."""

    code: str
    message: str
    where: str = ""
    count: int = 0
    severity: str = "warning"


@dataclass(frozen=True)
class PlanLine:
    """What a line of the plan found: an operation's result in a few words, in order of calls."""

    line: int
    found: str


@dataclass(frozen=True)
class PlanReport:
    """The plan program as it ran."""

    text: str
    lines: tuple[PlanLine, ...] = ()


@dataclass(frozen=True)
class Latency:
    """Milliseconds a row, one row of each table after the other, every task answered.

    Args:
        model: Of the delivered model.
        controls: Of the controls together.
        row: Of the delivered model for one row of the slowest kind, all tasks that read it
            answered: what a bound is held against; `None` unless size or time was weighed.
    """

    model: float | None = None
    controls: float | None = None
    row: float | None = None


@dataclass(frozen=True)
class Timing:
    """Everything measured by the clock; the only part that differs between identical runs.

    Args:
        total: Active seconds from command to report.
        candidates: By candidate name its seconds.
        lines: By line number of the plan (as text) the seconds it took.
        latency: Of the model and of the controls together.
        front: By `Offer.name` the milliseconds of one row of the slowest kind, put together from
            what each part took alone.
        prompted: By `Prompted.name` the milliseconds in which a language model answers 1,000 rows.
        sentence: The sentence with the speed in it.
        started: When the run began, ISO 8601, or "".
        workers: How many may have trained at once.
    """

    total: float | None = None
    candidates: dict[str, float] = field(default_factory=dict)
    lines: dict[str, float] = field(default_factory=dict)
    latency: Latency | None = None
    front: dict[str, float] = field(default_factory=dict)
    prompted: dict[str, float] = field(default_factory=dict)
    sentence: str = ""
    started: str = ""
    workers: int = 1


@dataclass(frozen=True)
class Report:
    """A run, measured.

    Args:
        seed: Seed of the run.
        budget_seconds: The budget, or `None` for none.
        sentence: What the run shows, in one sentence; speed is left to `timing.sentence`.
        margin: Margin of "no worse" on the primary metric.
        repeats: Most seeds behind the figures of a task; its `seeds` says how many.
        source: What was run, as the user named it.
        tasks: By name, in the order of the task set.
        joint: Tables with several tasks.
        model: The delivered model.
        controls: The controls together; `None` if none could be afforded.
        candidates: Everything trained, in order.
        curves: Their epochs.
        moved: What moved between tasks, for each candidate of several.
        evidence: How well the groups that were tried were ranked before; `None` where fewer than
            two groups can be ranked.
        front: The choices of parts that the model was taken from; `None` unless size or time was
            weighed.
        helpers: What sets that are not served gave.
        language_model: The language model of the run, if it had one.
        findings: About the data.
        plan: The plan program and what its lines found.
        said: What the plan said.
        warnings: What the user should know about the run.
        versions: Library versions by name.
        settings: Options that change results (threads, dtype, encoder, …), as text.
        command: The command that reproduces the run.
        timing: Everything measured by the clock.
        format: Version of the file.
    """

    seed: int
    budget_seconds: float | None
    tasks: dict[str, TaskReport]
    sentence: str = ""
    margin: float = 0.01
    repeats: int = 1
    source: str = ""
    joint: tuple[Joint, ...] = ()
    model: ModelReport | None = None
    controls: ModelReport | None = None
    candidates: tuple[Candidate, ...] = ()
    curves: tuple[Curve, ...] = ()
    moved: tuple[Moved, ...] = ()
    evidence: Evidence | None = None
    front: Front | None = None
    helpers: tuple[Help, ...] = ()
    language_model: LanguageModel | None = None
    findings: tuple[Finding, ...] = ()
    plan: PlanReport | None = None
    said: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    command: str = ""
    timing: Timing = Timing()
    format: int = FORMAT
