"""The scalarizers of torchjd under the names of their papers: one number from losses alone.

Each class states the arguments; the method itself is torchjd's. In a plain PyTorch loop:

```diff
+ balance = DWA().start(["intent", "slots"])
- loss = intent_loss + slot_loss
+ loss = balance({"intent": intent_loss, "slots": slot_loss})
  loss.backward()
```

`DWA` wants `balance.step()` after an epoch, `FAMO` `balance.update(losses)` with the losses of the
same batch after the step. Not here: uncertainty weights and IMTL-L, which have files of their own;
`Sum` and `Mean`, which are `Equal`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from polytask._errors import ConfigError
from polytask.learning.balancing.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.balancing.weightings import Weighting


class Scalarizer(Balancer):
    """One number from the losses alone."""

    cost: ClassVar[str] = "nothing to speak of"
    compares: ClassVar[bool] = True
    looks_back: ClassVar[bool] = False
    """Whether it learns from the losses after a step."""
    theirs: ClassVar[str] = ""
    """Its name in torchjd, where that is not the paper's."""

    def start(self, tasks: Sequence[str]) -> Weighting:
        """The scalarizer of torchjd for each set of tasks that meets."""
        from polytask.learning.balancing.comparing import Scalarized

        weights = getattr(self, "weights", None)
        if weights is not None and len(weights) != len(tasks):
            raise ConfigError(
                f"{self}: `weights` holds one number a task, here {len(tasks)} "
                f"({', '.join(tasks)}); found {len(weights)}"
            )
        self.made(list(range(len(tasks))))  # wrong arguments are told now, not in the first batch
        return Scalarized(tasks, self.made, looks_back=self.looks_back)

    def made(self, tasks: list[int]) -> Any:
        """The scalarizer of torchjd for the tasks of these numbers."""
        from torchjd import scalarization

        kind: Any = getattr(scalarization, self.theirs or type(self).__name__)
        try:
            return kind(**self.arguments(tasks))
        except ValueError as error:
            raise ConfigError(f"{self}: {error}") from error

    def arguments(self, tasks: list[int]) -> dict[str, Any]:
        """The arguments of torchjd's class: the fields, `weights` as a tensor."""
        from torch import tensor

        given = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        if "weights" in given:
            every = given["weights"]
            given["weights"] = tensor(
                [1 / len(tasks) if every is None else every[i] for i in tasks]
            )
        return given


@dataclass(frozen=True)
class RLW(Scalarizer):
    """Random weights, drawn anew for each batch: the softmax of normal numbers.

    The litmus test for every other method. (Lin et al., Reasonable Effectiveness of Random
    Weighting, 2021, arXiv 2111.10603.)
    """

    theirs: ClassVar[str] = "Random"


@dataclass(frozen=True)
class DWA(Scalarizer):
    r"""Dynamic weight average: a task counts more the slower its loss falls.

    Weights $\propto \exp(r_t / T)$ with $r_t$ the ratio of the task's mean losses in the last two
    epochs; equal in the first two. (Liu et al., End-to-End Multi-Task Learning with Attention,
    2019, arXiv 1803.10704.)

    Args:
        temperature: $T$; larger is more even.
    """

    resumable: ClassVar[bool] = False

    temperature: float = 2.0


@dataclass(frozen=True)
class FAMO(Scalarizer):
    r"""Losses brought down at one rate, learned from how each changed over the last step.

    Reads the batch a second time after the step. (Liu et al., FAMO: Fast Adaptive Multitask
    Optimization, 2023, arXiv 2306.03792.)

    Args:
        lr: Learning rate of the weights.
        weight_decay: Pull of their logits to 0.
    """

    cost: ClassVar[str] = "a second forward pass each step"
    resumable: ClassVar[bool] = False
    looks_back: ClassVar[bool] = True

    lr: float = 0.025
    weight_decay: float = 1e-3

    def arguments(self, tasks: list[int]) -> dict[str, Any]:
        """The fields, and how many tasks there are."""
        return {"shape": len(tasks), **super().arguments(tasks)}


@dataclass(frozen=True)
class GLS(Scalarizer):
    """The geometric mean of the losses, blind to their scales.

    (Chennupati et al., MultiNet++: Geometric Loss Strategy, 2019, arXiv 1904.08492.)
    """

    theirs: ClassVar[str] = "GeometricMean"


@dataclass(frozen=True)
class STCH(Scalarizer):
    r"""Smooth Tchebycheff: nearly the largest weighted loss.

    $\mu \log \sum_t \exp(w_t \ell_t / \mu)$. (Lin et al., Smooth Tchebycheff Scalarization for
    Multi-Objective Optimization, 2024, arXiv 2402.19078.)

    Args:
        mu: Smoothness; smaller is nearer to the largest loss.
        weights: One a task in their order, or `None` for equal ones.
    """

    mu: float = 0.1
    weights: list[float] | None = None


@dataclass(frozen=True)
class COSMOS(Scalarizer):
    r"""Weighted sum less $\lambda$ times the cosine between losses and weights.

    Only the objective: the model is not told the weights. (Ruchte & Grabocka, Scalable Pareto
    Front Approximation for Deep Multi-Objective Learning, 2021, arXiv 2103.13392.)

    Args:
        lambda_: What leaving the direction of the weights costs.
        weights: One a task in their order, or `None` for equal ones.
    """

    lambda_: float = 1.0
    weights: list[float] | None = None


@dataclass(frozen=True)
class PBI(Scalarizer):
    r"""Losses along a direction plus $\theta$ times their distance from it.

    (Zhang & Li, MOEA/D: A Multiobjective Evolutionary Algorithm Based on Decomposition, 2007.)

    Args:
        theta: What the distance costs.
        weights: The direction, one number a task in their order, or `None` for equal ones.
    """

    theta: float = 5.0
    weights: list[float] | None = None


@dataclass(frozen=True)
class Constant(Scalarizer):
    """The weighted sum of the losses with weights given once.

    (Xin et al., Do Current Multi-Task Optimization Methods in Deep Learning Even Help?, 2022,
    arXiv 2209.11379: with tuned weights it keeps up with gradient methods.)

    Args:
        weights: One a task in their order, or `None` for equal ones that sum to 1.
    """

    weights: list[float] | None = None
