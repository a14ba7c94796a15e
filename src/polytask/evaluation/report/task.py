"""What `report.json` says of one task, as frozen dataclasses; a field is a key of the file.

Conventions: metric values are fractions 0–1 (MAE and RMSE in the target's unit), absent is `None`,
sizes are bytes, times are seconds and stand in `Timing` alone. Everything outside `Timing` is
identical between two undisturbed runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

IN_USE = "in use: "
"""How the recipe of a control begins that is the model before."""
VERDICTS = ("better", "no worse", "worse", "not decidable", "apart")
"""What a task's verdict may be; "" where no control could be afforded or nothing was compared."""


@dataclass(frozen=True)
class Estimate:
    """A gain with the ends that decide its verdict.

    With one task they are those of its 95 % interval; with several, each stands at the level that
    Holm's procedure over the tasks gives it (see `polytask.evaluation.certificate`).
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Control:
    """The best single-task part of a task, or the model before, on the same test rows.

    Args:
        recipe: Text form of its recipe; "in use: …" is the model before a task changed hands.
        value: Primary metric, with `low` and `high`.
        passes: How often it saw each of its training rows; `None` where that has no meaning.
        seeds: How many seeds it was trained with; `value` and its ends are over all of them.
    """

    recipe: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    passes: float | None = None
    seeds: int = 1

    @property
    def in_use(self) -> bool:
        """Whether it is the model in use before the task changed hands."""
        return self.recipe.startswith(IN_USE)


@dataclass(frozen=True)
class ClassReport:
    """One line of the classification report: a class, label, entity type or tag.

    Args:
        label: Its name.
        precision: 0–1; `None` if it was never predicted.
        recall: 0–1; `None` if it never occurs in the test rows.
        f1: Their harmonic mean.
        support: How often it occurs in the test rows.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class Confusion:
    """Counts of test rows (tags: tokens) by true and answered label.

    Args:
        labels: In the order of the rows and columns.
        counts: `counts[i][j]`: true label `i` answered as label `j`.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Residuals:
    """Answer minus target of a regression, in the target's unit.

    Args:
        mean: Mean residual (bias).
        std: Standard deviation.
        quantiles: By name ("5%", "25%", "50%", "75%", "95%") the residual.
        points: Up to some hundred pairs (target, answer), for the plot.
    """

    mean: float | None
    std: float | None
    quantiles: dict[str, float] = field(default_factory=dict)
    points: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Mistake:
    """A test row answered wrongly, the surest first.

    Args:
        input: A short preview of the input as text; "" for an image.
        target: The right answer as text.
        answer: The given answer as text.
        confidence: Confidence in the given answer, 0–1.
        image: The image as a data URI (`data:image/png;base64,…`), or "".
        row: Row number in the table.
    """

    input: str
    target: str
    answer: str
    confidence: float | None = None
    image: str = ""
    row: int | None = None


@dataclass(frozen=True)
class DecisionReport:
    """How scores become answers, fitted on dev, and what that gave on test.

    Args:
        temperature: Divisor of the logits.
        thresholds: By label the probability from which it is given (multilabel).
        sure_from: Confidence from which an answer is sure.
        error_rate: The error rate among sure answers that was asked for.
        coverage: Share of test rows with a sure answer.
        error: Error rate among those.
    """

    temperature: float = 1.0
    thresholds: dict[str, float] = field(default_factory=dict)
    sure_from: float = 0.0
    error_rate: float = 0.05
    coverage: float | None = None
    error: float | None = None


@dataclass(frozen=True)
class TaskReport:
    """Everything measured about one task; on test rows unless said otherwise.

    Args:
        kind: What is predicted ("multiclass", …).
        metric: Name of the primary metric.
        status: "ok", or "failed" (then `reason` says why and figures are `None`).
        reason: Why the evaluation failed; "" when ok.
        higher_is_better: Direction of the primary metric.
        n_train: Labelled training rows.
        n_dev: Labelled dev rows.
        n_test: Labelled test rows; with folds, the rows answered out of fold.
        folds: 1 for a fixed split, else the number of folds behind the figures.
        group: Column whose values never stand on both sides of a split, or "".
        groups: How many groups the test rows form; a row without one is its own.
        value: Primary metric of the delivered model, with `low` and `high`; the mean over seeds.
        seeds: How many seeds the served part was trained with. The delivered one is of the run's
            own seed, and all but `value` and `gain` is of that one.
        floor: The metric of the best constant answer.
        control: The best single-task part; `None` if none could be afforded.
        gain: Delivered minus control, signed so that > 0 is better.
        verdict: One of `VERDICTS`, or "".
        margin: Margin of "no worse" in the metric's unit; `None` for that of the report.
        p: Holm-adjusted p-value of the verdict where there is one.
        rows_needed: Further test rows that would decide a "not decidable".
        recipe: Text form of the recipe that serves the task.
        part: Name of the part that serves it.
        learned_with: What the served part learned beside the task, or the part that it started
            from before it, and does not answer: tasks that keep a part of their own, and helpers.
        passes: How often the served part saw each training row of the task.
        dev: Primary metric on dev (or out of fold), which chose the part.
        metrics: Every metric of the kind by name.
        control_metrics: The same of the control.
        classes: Per-class table.
        confusion: For kinds with one label a row or token.
        residuals: For regression.
        worst: The worst mistakes.
        decisions: Temperature, thresholds, abstention.
        unseen: Labels of the test rows that training never had, with their counts.
        truncated: Labelled rows of all splits cut at the encoder's length.
        windowed: Those answered in several windows.
        unreadable: Those whose image could not be decoded and counts as blank.
        language: ISO 639-1 code, or "".
        inputs: Names of the input columns.
        why: Why this kind was recognised.
    """

    kind: str
    metric: str
    status: str = "ok"
    reason: str = ""
    higher_is_better: bool = True
    n_train: int = 0
    n_dev: int = 0
    n_test: int = 0
    folds: int = 1
    group: str = ""
    groups: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    seeds: int = 1
    floor: float | None = None
    control: Control | None = None
    gain: Estimate | None = None
    verdict: str = ""
    margin: float | None = None
    p: float | None = None
    rows_needed: int | None = None
    recipe: str = ""
    part: str = ""
    learned_with: tuple[str, ...] = ()
    passes: float | None = None
    dev: float | None = None
    metrics: dict[str, float | None] = field(default_factory=dict)
    control_metrics: dict[str, float | None] = field(default_factory=dict)
    classes: tuple[ClassReport, ...] = ()
    confusion: Confusion | None = None
    residuals: Residuals | None = None
    worst: tuple[Mistake, ...] = ()
    decisions: DecisionReport | None = None
    unseen: dict[str, int] = field(default_factory=dict)
    truncated: int = 0
    windowed: int = 0
    unreadable: int = 0
    language: str = ""
    inputs: tuple[str, ...] = ()
    why: str = ""
