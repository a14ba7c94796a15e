"""The certificate: is the shared model better than each task's own control, or no worse?

Gain = shared − control on the primary metric, > 0 is better. With the ends low and high of its
interval and the margin δ, a verdict is

- *better*: low > 0;
- *no worse*: low > −δ;
- *worse*: high < 0;
- *not decidable* otherwise,

the first that holds. A loss that is real but smaller than δ is therefore "no worse".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from polytask.evaluation.draws import DRAWS
from polytask.evaluation.interval import Interval, Pair, gain_draws, margin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from polytask.evaluation.draws import Draws

Word = Literal["better", "no worse", "worse", "not decidable"]
MARGIN = 0.01
POWER = 0.8
_TAIL = 0.025
_DRAWS_A_TASK = 400


@dataclass(frozen=True)
class Verdict:
    """What the test rows say of one task.

    Args:
        gain: Shared minus control with the interval that the verdict was read from.
        verdict: "better", "no worse", "worse" or "not decidable".
        rows_needed: Further test rows that would decide an undecided task at 80 % power; `None`
            if it is decided, or if no number of rows would (runs differ too much, no value).
        p: Holm-adjusted two-sided p-value of the verdict; the least of the three claims' where
            nothing is decided. At most 0.05 exactly if decided.
        margin: δ in the metric's unit.
    """

    gain: Interval
    verdict: Word
    rows_needed: int | None
    p: float
    margin: float


@dataclass(frozen=True)
class Step:
    """What Holm's procedure says of one claim about one task.

    Args:
        holds: Whether the claim is accepted.
        tail: The one-sided level it was tested at.
        p: Adjusted one-sided p-value.
    """

    holds: bool
    tail: float
    p: float


def certify(
    pairs: Mapping[str, Pair], *, margin: float = MARGIN, seed: int = 0
) -> dict[str, Verdict]:
    """Judge every task, holding the error of all statements together.

    A task's verdict is one of three claims (gain > 0, gain > −δ, gain < 0). Each kind of claim is
    a family over the tasks with its own Holm procedure (Holm, "A simple sequentially rejective
    multiple test procedure", Scand. J. Statist., 1979): the task with the k-th smallest of T
    p-values is read at the end of an interval with one tail of 0.025 / (T − k + 1), and the
    first failure stops the rest. So the chance that any task is wrongly called *better* is at
    most 2.5 %, and likewise for *no worse* and *worse*. One procedure over verdicts would not do:
    a task that is truly no worse would relax the level at which it is itself called better.
    Since "better" implies "no worse" with a smaller p, no task is better without being no worse.

    The reported interval shows the ends that decided, each at its Holm level: low from "better"
    if that holds, else from "no worse" (and then at most 0, the bound that Holm leaves it:
    Strassburger & Bretz, "Compatible simultaneous lower confidence bounds for the Holm
    procedure", 2008), high from "worse". With one task it is the plain 95 % interval.

    Args:
        pairs: By task what is compared.
        margin: δ as a fraction: 0.01 is one point; for MAE and RMSE a share of the targets'
            standard deviation.
        seed: Seed of the draws.
    """
    draws = max(DRAWS, _DRAWS_A_TASK * len(pairs))
    found = {name: gain_draws(pair, seed=seed, draws=draws) for name, pair in pairs.items()}
    margins = {name: margin_of(pair.task, pair.targets, margin) for name, pair in pairs.items()}
    rows = {name: len(pair.targets) for name, pair in pairs.items()}
    return judge(found, margins, rows)


def judge(
    found: Mapping[str, Draws], margins: Mapping[str, float], rows: Mapping[str, int]
) -> dict[str, Verdict]:
    """The verdicts from bootstrap distributions, as `certify` explains.

    Args:
        found: By task the distribution of its gain.
        margins: By task δ in the metric's unit.
        rows: By task the number of test rows.
    """
    better = holm(found, lambda _: (0.0, 1.0))
    no_worse = holm(found, lambda name: (-margins[name], 1.0))
    worse = holm(found, lambda _: (0.0, -1.0))
    return {
        name: _verdict(
            draws, margins[name], (better[name], no_worse[name], worse[name]), rows[name]
        )
        for name, draws in found.items()
    }


def verdict(gain: Interval, margin: float = MARGIN) -> Word:
    """The verdict that an interval alone gives, as for one task.

    Args:
        gain: Shared minus control, > 0 is better.
        margin: δ in the metric's unit.

    >>> verdict(Interval(0.01, -0.005, 0.03))
    'no worse'
    """
    if gain.low > 0:
        return "better"
    if gain.low > -margin:
        return "no worse"
    return "worse" if gain.high < 0 else "not decidable"


def holm(
    found: Mapping[str, Draws], claim: Callable[[str], tuple[float, float]]
) -> dict[str, Step]:
    """Holm's procedure for one kind of claim over all tasks.

    Args:
        found: By task the distribution of its gain.
        claim: By task the null value, and 1 for "gain > null" or −1 for "gain < null".
    """
    p = {name: _p(draws, *claim(name)) for name, draws in found.items()}
    steps: dict[str, Step] = {}
    holds, adjusted, tail = True, 0.0, _TAIL / max(len(p), 1)
    for k, name in enumerate(sorted(p, key=lambda name: (p[name], name))):
        if holds:
            tail = _TAIL / (len(p) - k)
            holds = _passes(found[name], tail, *claim(name))
        adjusted = max(adjusted, min(1.0, (len(p) - k) * p[name]))
        steps[name] = Step(holds, tail, adjusted)
    return steps


def _p(draws: Draws, null: float, sign: float) -> float:
    return draws.above(null) if sign > 0 else draws.below(null)


def _passes(draws: Draws, tail: float, null: float, sign: float) -> bool:
    # NaN ends compare as false: what is undefined is not decided.
    return draws.low(tail) > null if sign > 0 else draws.high(tail) < null


def _verdict(draws: Draws, margin: float, steps: tuple[Step, Step, Step], rows: int) -> Verdict:
    better, no_worse, worse = steps
    low = draws.low(better.tail) if better.holds else draws.low(no_worse.tail)
    if no_worse.holds and not better.holds:
        low = min(low, 0.0)
    gain = Interval(draws.value, low, draws.high(worse.tail))
    word = verdict(gain, margin)
    claims = {"better": better.p, "no worse": no_worse.p, "worse": worse.p}
    p = min(1.0, 2 * claims.get(word, min(claims.values())))
    needed = None
    if word == "not decidable":
        needed = rows_needed(draws, margin, (no_worse.tail, worse.tail), rows)
    return Verdict(gain, word, needed, p, margin)


def rows_needed(draws: Draws, margin: float, tails: tuple[float, float], rows: int) -> int | None:
    """Further test rows that would decide with probability 0.8, if the gain is as observed.

    With the gain g, its standard deviation a unit s and tails a₁ ("no worse") and a₂ ("worse"),
    N units decide with probability
    Φ((g + δ)√N / s − z₁) + Φ(−g√N / s − z₂), at most 1, where z = Φ⁻¹(1 − a); N is the least
    that reaches 0.8. Where one claim dominates it is the familiar
    N = s² (z + z₀.₈)² / d², d its distance to g. s is the bootstrap standard error times √units,
    so for accuracy s² = ψ − g² with the discordance ψ, the share of rows on which just one of the
    two is right, as in McNemar's test. One of the claims lies at least δ/2 away, so that a number
    exists, unless runs differ so much that no rows would make up for it.
    Source: Connor, "Sample size for testing differences in proportions for the paired-sample
    design", Biometrics, 1987; for margins Liu et al., Statistics in Medicine, 2002.

    Args:
        draws: The distribution of the gain on the rows there are.
        margin: δ in the metric's unit.
        tails: One-sided levels of "no worse" and of "worse".
        rows: How many test rows there are.

    Returns:
        Rows beyond those there are, at least 1; `None` where no number decides.
    """
    spread = max(draws.spread, draws.careful)
    if not draws.defined or draws.units < 2 or spread <= 0:
        return None
    error = _largest_error(draws.value, margin, tails)
    left = error**2 - draws.between_runs
    if left <= 0:
        return None
    units = spread**2 * draws.units / left
    return max(1, math.ceil(units * rows / draws.units) - rows)


def _largest_error(gain: float, margin: float, tails: tuple[float, float]) -> float:
    """The standard error up to which the power is at least 0.8, by bisection."""
    from scipy.special import ndtr, ndtri

    first, second = (-float(ndtri(tail)) for tail in tails)

    def power(error: float) -> float:
        return float(ndtr((gain + margin) / error - first) + ndtr(-gain / error - second))

    low = high = max(abs(gain), margin, 1e-12)
    while power(low) < POWER:
        low /= 2
    while power(high) >= POWER:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle) >= POWER else (low, middle)
    return low
