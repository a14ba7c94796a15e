"""The aggregators of torchjd under the names of their papers: one gradient from those of each loss.

Each class states the arguments; the method itself is torchjd's. In a plain PyTorch loop:

```diff
+ balance = PCGrad().start(["intent", "slots"])
- loss = intent_loss + slot_loss
+ loss = balance({"intent": intent_loss, "slots": slot_loss}, shared=features)
  loss.backward()
```

With `per_parameter=True` it is `shared=list(encoder.parameters())`, at the cost of a backward pass
a task. Not here: CAGrad and Nash-MTL, which have files of their own; MoDo and SDMGrad, which want
two independent batches a step; CR-MOGM, which smooths the weights of another method.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from polytask._errors import ConfigError
from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.comparing import Rule
    from polytask.learning.balancing.weightings import Weighting
    from polytask.tasks.task import Task


class Aggregator(Balancer):
    """The sum of the losses with a gradient made of the gradients of each."""

    cost: ClassVar[str] = (
        "a gradient a task at the features; `per_parameter`: a backward pass a task"
    )
    compares: ClassVar[bool] = True
    direct: ClassVar[bool] = False
    """Whether it gives no weights but works on each number of the gradients."""

    def start(self, tasks: Sequence[str]) -> Weighting:
        """The aggregator of torchjd for each set of tasks that meets."""
        from polytask.learning.balancing.comparing import Aggregated

        if len(tasks) > 1 and len(tasks) < self.least():
            raise ConfigError(f"{self} needs {self.least()} tasks; found {', '.join(tasks)}")
        self.rule(len(tasks))  # wrong arguments are told now, not in the first batch
        return Aggregated(
            self.rule, per_parameter=self.per_parameter, direct=self.direct, least=self.least()
        )

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse tasks of different rows, or of rows and of tokens, that share no features.

        Raises:
            ConfigError: Such tasks, where the method works on each number of the features.
        """
        if not self.direct or self.per_parameter:
            return
        places = {(task.table, "tokens" if task.kind == "tagging" else "rows") for task in tasks}
        if len(places) > 1:
            found = ", ".join(f"{what} of {table}" for table, what in sorted(places))
            raise ConfigError(
                f"`balancer` {type(self).__name__} works on each number of the gradients at the "
                f"features, and these tasks share none: theirs are those of the {found}; set "
                "`per_parameter=True`"
            )

    def least(self) -> int:
        """How many tasks the method needs."""
        return 2

    def rule(self, count: int) -> Rule:
        """What turns the Jacobian of `count` tasks into weights, or with `direct` into a row."""
        from torchjd import aggregation

        del count
        try:
            found: Any = getattr(aggregation, type(self).__name__)(**self.arguments())
        except ValueError as error:
            raise ConfigError(f"{self}: {error}") from error
        rule: Rule = found if self.direct else found.weighting
        return rule

    def arguments(self) -> dict[str, Any]:
        """The arguments of torchjd's class: all fields but `per_parameter`."""
        names = [item.name for item in fields(self)]  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in names if name != "per_parameter"}


class Projecting(Aggregator):
    """An aggregator that projects onto the cone where no loss rises."""

    def arguments(self) -> dict[str, Any]:
        """A projector that needs no package beside scipy."""
        from polytask.learning.balancing.projecting import NonNegative

        return {"projector": NonNegative()}


@dataclass(frozen=True)
class PCGrad(Aggregator):
    """Gradient surgery: of each gradient what conflicts with another is projected away.

    (Yu et al., Gradient Surgery for Multi-Task Learning, 2020, arXiv 2001.06782.)

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    per_parameter: bool = False


@dataclass(frozen=True)
class GradVac(Aggregator):
    """Gradient vaccine: gradients are turned until their cosines reach a running mean.

    (Wang et al., Gradient Vaccine, 2021, arXiv 2010.05874.)

    Args:
        beta: How fast the running mean follows.
        per_parameter: Look at the parameters rather than the features.
    """

    resumable: ClassVar[bool] = False

    beta: float = 0.5
    per_parameter: bool = False


@dataclass(frozen=True)
class MGDA(Aggregator):
    """The shortest vector in the convex hull of the gradients: no task gets worse.

    (Désidéri, Multiple-gradient descent algorithm, 2012; Sener & Koltun, Multi-Task Learning as
    Multi-Objective Optimization, 2018, arXiv 1810.04650.)

    Args:
        epsilon: Step of the solver below which it ends.
        max_iters: Most steps of the solver.
        per_parameter: Look at the parameters rather than the features.
    """

    epsilon: float = 1e-3
    max_iters: int = 100
    per_parameter: bool = False


@dataclass(frozen=True)
class IMTLG(Aggregator):
    """IMTL-G: the combination with the same projection on every gradient.

    (Liu et al., Towards Impartial Multi-Task Learning, 2021.)

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    per_parameter: bool = False


@dataclass(frozen=True)
class AlignedMTL(Aggregator):
    """Aligned-MTL: the principal components of the gradients brought to one length.

    (Senushkin et al., Independent Component Alignment for Multi-Task Learning, 2023, arXiv
    2305.19000.)

    Args:
        scale_mode: The length: of the smallest, the median or the mean component.
        per_parameter: Look at the parameters rather than the features.
    """

    scale_mode: Literal["min", "median", "rmse"] = "min"
    per_parameter: bool = False


@dataclass(frozen=True)
class UPGrad(Projecting):
    """Each gradient projected onto the cone where no loss rises, then their mean.

    (Quinton & Rey, Jacobian Descent for Multi-Objective Optimization, 2024, arXiv 2406.16232.)

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    per_parameter: bool = False


@dataclass(frozen=True)
class DualProj(Projecting):
    """The mean gradient projected onto the cone where no loss rises.

    (Lopez-Paz & Ranzato, Gradient Episodic Memory for Continual Learning, 2017, arXiv 1706.08840.)

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    per_parameter: bool = False


@dataclass(frozen=True)
class FairGrad(Aggregator):
    r"""Progress shared out by $\alpha$-fairness: $J J^\top w = w^{-1/\alpha}$.

    1 is the bargain of Nash, large values help the slowest task. (Ban & Ji, Fair Resource
    Allocation in Multi-Task Learning, 2024, arXiv 2402.15638.)

    Args:
        alpha: Kind of fairness.
        per_parameter: Look at the parameters rather than the features.
    """

    alpha: float = 2.0
    per_parameter: bool = False


@dataclass(frozen=True)
class ExcessMTL(Aggregator):
    """Tasks that are far from the best they can reach count more, whatever their noise.

    (He et al., Robust Multi-Task Learning with Excess Risks, 2024, arXiv 2402.02009.)

    Args:
        robust_step_size: Step of the weights.
        n_warmup_steps: Batches with equal weights at the start.
        per_parameter: Look at the parameters rather than the features.
    """

    resumable: ClassVar[bool] = False

    robust_step_size: float = 1.0
    n_warmup_steps: int = 0
    per_parameter: bool = False


@dataclass(frozen=True)
class PCD(Aggregator):
    """The first task leads; each other one keeps a share of its own progress.

    (Priority-Constrained Descent, 2026, arXiv 2606.29521.)

    Args:
        tau: The share, 0 to 1.
        beta: Decay of the running norms of the gradients.
        per_parameter: Look at the parameters rather than the features.
    """

    resumable: ClassVar[bool] = False

    tau: float = 0.02
    beta: float = 0.999
    per_parameter: bool = False


@dataclass(frozen=True)
class Krum(Aggregator):
    """The gradient nearest to its neighbours alone: proof against a task that leads astray.

    (Blanchard et al., Machine Learning with Adversaries, 2017, arXiv 1703.02757.)

    Args:
        n_byzantine: How many tasks may lead astray; there must be three more than these.
        n_selected: How many gradients are taken.
        per_parameter: Look at the parameters rather than the features.
    """

    n_byzantine: int = 0
    n_selected: int = 1
    per_parameter: bool = False

    def least(self) -> int:
        """Three more than may lead astray."""
        return max(self.n_byzantine + 3, self.n_selected)


@dataclass(frozen=True)
class ConFIG(Aggregator):
    """The direction with the same cosine to every gradient, as long as their projections on it.

    (Liu et al., ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks, 2024,
    arXiv 2408.11104.)

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    direct: ClassVar[bool] = True

    per_parameter: bool = False


@dataclass(frozen=True)
class GradDrop(Aggregator):
    """Sign dropout: each number of the gradient keeps one sign, drawn by how much pulls that way.

    (Chen et al., Just Pick a Sign, 2020, arXiv 2010.06808.)

    Args:
        per_parameter: Look at the parameters rather than the features.
    """

    direct: ClassVar[bool] = True

    per_parameter: bool = False


@dataclass(frozen=True)
class TrimmedMean(Aggregator):
    """The mean gradient without the largest and the smallest of each number.

    (Yin et al., Byzantine-Robust Distributed Learning, 2018, arXiv 1803.01498.)

    Args:
        trim_number: How many are left out at either end.
        per_parameter: Look at the parameters rather than the features.
    """

    direct: ClassVar[bool] = True

    trim_number: int = 1
    per_parameter: bool = False

    def least(self) -> int:
        """One more than are left out."""
        return max(2, 2 * self.trim_number + 1)
