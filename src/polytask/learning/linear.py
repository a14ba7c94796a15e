"""Linear models over sparse features: the fast, exact or nearly exact solvers behind TfidfLinear.

Every function learns a `Linear`, one column of weights a class, label or value. Nothing here knows
tasks or columns of tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER = -10.0  # logit of a class that training never showed
_BATCH = 256


@dataclass(frozen=True)
class Linear:
    """`features @ weight + bias`.

    Args:
        weight: `(features, columns)` float32.
        bias: `(columns,)` float32.
    """

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, features: Any) -> np.ndarray:
        """The values of rows, `(n, columns)` float32; `features` is an array or CSR matrix."""
        answer: np.ndarray = np.asarray(features @ self.weight, dtype=np.float32) + self.bias
        return answer

    def scaled(self, factor: float) -> Linear:
        """The same model with every value multiplied by `factor`."""
        return Linear(np.float32(factor) * self.weight, np.float32(factor) * self.bias)

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        return int(self.weight.size + self.bias.size)

    def tensors(self, prefix: str) -> dict[str, np.ndarray]:
        """Weight and bias by name, for saving."""
        return {f"{prefix}.weight": self.weight, f"{prefix}.bias": self.bias}

    @staticmethod
    def rebuild(tensors: Mapping[str, np.ndarray], prefix: str) -> Linear:
        """The model that `tensors` describes.

        Raises:
            KeyError: Something is missing.
            ValueError: Shapes do not fit together.
        """
        weight, bias = tensors[f"{prefix}.weight"], tensors[f"{prefix}.bias"]
        if weight.ndim != 2 or bias.shape != weight.shape[1:]:
            raise ValueError(f"{prefix}: weight {weight.shape} and bias {bias.shape} do not fit")
        return Linear(weight, bias)


def classify(features: Any, classes: np.ndarray, count: int, strength: float) -> Linear:
    """Margins of a linear support vector machine, each class against the rest.

    Two classes take one column, whose sign decides. Source: Fan et al., "LIBLINEAR", JMLR 2008.

    Args:
        features: CSR `(n, features)`.
        classes: `(n,)` class numbers.
        count: How many classes there are, seen here or not.
        strength: `C`: the larger, the closer the fit.
    """
    if count == 2:
        return label(features, (classes == 1)[:, None], strength)
    return label(features, classes[:, None] == np.arange(count), strength)


def label(features: Any, given: np.ndarray, strength: float) -> Linear:
    """Margins of one linear support vector machine a label.

    Args:
        features: CSR `(n, features)`.
        given: `(n, labels)` bool.
        strength: `C`: the larger, the closer the fit.
    """
    weight = np.zeros((features.shape[1], given.shape[1]), dtype=np.float32)
    bias = np.zeros(given.shape[1], dtype=np.float32)
    for column in range(given.shape[1]):
        wanted = given[:, column]
        if wanted.all() or not wanted.any():  # nothing to tell apart
            bias[column] = -_NEVER if wanted.all() else _NEVER
            continue
        weight[:, column], bias[column] = _machine(features, wanted, strength)
    return Linear(weight, bias)


def _machine(features: Any, wanted: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    with warnings.catch_warnings():
        # The last digits of a margin do not matter; what does is that dev chose the strength.
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine = LinearSVC(C=strength, random_state=0, tol=1e-3).fit(features, wanted)
    return machine.coef_[0], float(machine.intercept_[0])


def regress(features: Any, values: np.ndarray, penalty: float) -> Linear:
    """Ridge regression of standardised values, given back in their own unit.

    Source: Hoerl & Kennard, "Ridge regression", 1970.

    Args:
        features: CSR or array `(n, features)`.
        values: `(n,)` numbers.
        penalty: L2 penalty: the larger, the smoother.
    """
    from sklearn.linear_model import Ridge

    mean, deviation = float(values.mean()), float(values.std())
    if deviation == 0.0 or features.shape[1] == 0:
        return Linear(
            np.zeros((features.shape[1], 1), np.float32), np.array([mean], dtype=np.float32)
        )
    solver = "cholesky" if isinstance(features, np.ndarray) else "sparse_cg"
    model = Ridge(alpha=penalty, solver=solver, tol=1e-4)
    model.fit(features, (values - mean) / deviation)
    weight = np.asarray(model.coef_, dtype=np.float32).reshape(-1, 1) * np.float32(deviation)
    bias = float(model.intercept_) * deviation + mean
    return Linear(weight, np.array([bias], dtype=np.float32))


def rank(features: Any, ranks: np.ndarray, count: int, penalty: float) -> Linear:
    """Logits of ordered classes from one regression of the rank.

    With the predicted rank `f` and the residual variance `v`, class `k` gets
    `-(f - k)² / 2v`, which up to a constant is `(k f - k²/2) / v`: linear in the features.

    Args:
        features: CSR or array `(n, features)`.
        ranks: `(n,)` class numbers from low to high.
        count: How many classes there are.
        penalty: L2 penalty of the regression.
    """
    line = regress(features, ranks.astype(np.float64), penalty)
    variance = max(0.05, float(np.mean((line(features)[:, 0] - ranks) ** 2)))
    steps = np.arange(count, dtype=np.float32)
    return Linear(
        (line.weight @ steps[None, :]) / np.float32(variance),
        (line.bias * steps - steps**2 / 2) / np.float32(variance),
    )


def softmax_steps(
    features: Any, classes: np.ndarray, count: int, *, epochs: int, seed: int
) -> Linear:
    """Multinomial logistic regression by AdaGrad, touching only the weights a batch uses.

    Made for hundreds of thousands of rows (tokens) with a few dozen active features each.
    Source: Duchi et al., "Adaptive subgradient methods", JMLR 2011.

    Args:
        features: CSR `(n, features)`.
        classes: `(n,)` class numbers.
        count: How many classes there are.
        epochs: Passes over the rows.
        seed: Seed of the order of the rows.
    """
    weight = np.zeros((features.shape[1], count), dtype=np.float32)
    squares = np.full_like(weight, 0.01)
    seen = np.bincount(classes, minlength=count).astype(np.float32)
    bias = np.where(seen > 0, np.log(np.maximum(seen, 1) / max(1, len(classes))), _NEVER)
    bias = bias.astype(np.float32)
    order = np.random.default_rng(seed)
    for _ in range(epochs):
        mixed = order.permutation(len(classes))
        for start in range(0, len(mixed), _BATCH):
            rows = mixed[start : start + _BATCH]
            _step(weight, squares, bias, (features[rows], classes[rows]))
    return Linear(weight, bias)


def _step(
    weight: np.ndarray, squares: np.ndarray, bias: np.ndarray, batch: tuple[Any, np.ndarray]
) -> None:
    rows, classes = batch
    used, places = np.unique(rows.indices, return_inverse=True)
    arrays = (rows.data, places.astype(np.int32), rows.indptr)
    small = type(rows)(arrays, shape=(rows.shape[0], len(used)))
    current = weight[used]
    error = _softmax(small @ current + bias)
    error[np.arange(len(classes)), classes] -= 1.0
    slope = small.T @ error + np.float32(1e-5 * len(classes)) * current
    total = squares[used] + slope * slope
    squares[used] = total
    weight[used] = current - np.float32(0.1) * slope / np.sqrt(total)
    bias -= np.float32(0.02) * error.mean(axis=0)


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    answer: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return answer
