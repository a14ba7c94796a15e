"""Smooth curved boundaries over dense features: logistic regression in the space of a kernel.

Nothing here knows tasks, encoders or torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DIRECTIONS = 128
"""Most principal directions that distances are measured in."""
LANDMARKS = 1000
"""Most rows that a new row is held against."""
_LEAST = 1e-6  # directions and eigenvalues below this share of the largest are noise


@dataclass(frozen=True)
class Kernel:
    """`exp(-|place - landmark|²) @ weight + bias`, where `place = (features - mean) @ directions`.

    Args:
        mean: `(d,)`.
        directions: `(d, k)`.
        landmarks: `(m, k)`.
        weight: `(m, columns)`.
        bias: `(columns,)`.
    """

    mean: np.ndarray
    directions: np.ndarray
    landmarks: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The values of rows, `(n, columns)` float32."""
        places = (features - self.mean) @ self.directions
        near = np.exp(-_distances(places, self.landmarks))
        values: np.ndarray = np.asarray(near @ self.weight, dtype=np.float32) + self.bias
        return values


def kernel_path(
    features: np.ndarray,
    truth: np.ndarray,
    count: int,
    penalties: Sequence[float],
    *,
    width: float = 2.0,
    seed: int = 0,
) -> Iterator[Kernel]:
    """Kernel logistic regressions from the strongest penalty on.

    The kernel is Gaussian, `exp(-width |u - v|² / s)`, in the first 128 principal directions of the
    features, `s` their variance together. With up to 1,000 rows the fit is exact; with more, 1,000
    of them stand for all. Sources: Zhu & Hastie, "Kernel logistic regression and the import vector
    machine", 2005; Williams & Seeger, "Using the Nyström method to speed up kernel machines", 2001.

    Args:
        features: `(n, d)` float32, standardised.
        truth: `(n,)` class numbers (-1: row left out).
        count: Number of classes.
        penalties: L2 penalties beside the mean loss of a row, from strong to weak.
        width: How fast likeness falls with distance.
        seed: Draws the landmarks where there are more rows than landmarks.

    >>> inside = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    >>> truth = (np.square(inside).sum(axis=1) > 1).astype(np.int64)
    >>> found = list(kernel_path(inside, truth, 2, (1e-4,)))[0]
    >>> bool((found(inside).argmax(axis=1) == truth).mean() > 0.95)
    True
    """
    from polytask.learning.logistic import logistic_path

    features, truth = features[truth >= 0], truth[truth >= 0]
    mean = features.mean(axis=0)
    directions = _directions(features - mean)
    places = (features - mean) @ directions
    scale = np.sqrt(width / max(float(places.var(axis=0).sum()), 1e-12))
    directions, places = directions * np.float32(scale), places * np.float32(scale)
    landmarks = places[_chosen(len(places), seed)]
    whitening = _root(np.exp(-_distances(landmarks, landmarks)))
    mapped = np.exp(-_distances(places, landmarks)) @ whitening
    centre = mapped.mean(axis=0)
    for model in logistic_path(mapped - centre, truth, count, penalties):
        weight = whitening @ model.weight
        yield Kernel(mean, directions, landmarks, weight, model.bias - centre @ model.weight)


def _directions(centred: np.ndarray) -> np.ndarray:
    """The principal directions `(d, k)` of centred rows, from the smaller Gram matrix."""
    rows = centred[_chosen(len(centred), 0)]
    if len(rows) < rows.shape[1]:
        values, vectors = np.linalg.eigh(rows @ rows.T)
        kept = _kept(values)
        return np.asarray(rows.T @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float32)
    values, vectors = np.linalg.eigh(rows.T @ rows)
    return np.asarray(vectors[:, _kept(values)], dtype=np.float32)


def _kept(values: np.ndarray) -> np.ndarray:
    """The places of the largest of ascending eigenvalues, without those that are noise."""
    order = np.arange(len(values))[::-1][:DIRECTIONS]
    kept: np.ndarray = order[values[order] > max(_LEAST * float(values[-1]), 1e-12)]
    return kept


def _root(kernel: np.ndarray) -> np.ndarray:
    """`w` with `w @ w.T` the pseudo-inverse of a kernel matrix."""
    values, vectors = np.linalg.eigh(kernel.astype(np.float64))
    kept = values > _LEAST * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]), dtype=np.float32)


def _chosen(count: int, seed: int) -> np.ndarray:
    if count <= LANDMARKS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, LANDMARKS, replace=False))


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared distances `(n, m)`, never below 0."""
    squares = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1)
    found: np.ndarray = np.maximum(squares - 2 * (first @ second.T), 0)
    return found
