"""The best valid sequence of BIO tags: no span goes on that has not begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK = 256


def best_paths(scores: Sequence[np.ndarray], labels: Sequence[str]) -> list[np.ndarray]:
    """For each row the tags with the largest sum of scores among the valid sequences.

    Valid in the BIO scheme: I-X follows B-X or I-X only. A type without a B- tag among `labels` is
    not constrained. Found by dynamic programming (Viterbi, IEEE Trans. Inf. Theory 1967).

    Args:
        scores: A row's log-probabilities `(tokens, tags)`.
        labels: The tags, in the order of the columns.

    Returns:
        A row's indices into `labels`, `(tokens,)` int.

    >>> rows = [np.log([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])]
    >>> [["O", "B-a", "I-a"][i] for i in best_paths(rows, ["O", "B-a", "I-a"])[0]]
    ['B-a', 'I-a']
    """
    inside, before = _constraints(labels)
    found: list[np.ndarray] = [np.zeros(0, dtype=np.int64)] * len(scores)
    order = sorted(range(len(scores)), key=lambda i: len(scores[i]))
    for start in range(0, len(order), _CHUNK):
        chunk = order[start : start + _CHUNK]
        for i, path in zip(chunk, _decode([scores[i] for i in chunk], inside, before), strict=True):
            found[i] = path
    return found


def _constraints(labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The constrained tags `(k,)`, and the two that may stand before each `(k, 2)`."""
    place = {label: i for i, label in enumerate(labels)}
    pairs = [
        (i, place[f"B-{label[2:]}"])
        for label, i in place.items()
        if label.startswith("I-") and f"B-{label[2:]}" in place
    ]
    inside = np.array([i for i, _ in pairs], dtype=np.int64)
    before = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return inside, before


def _decode(rows: list[np.ndarray], inside: np.ndarray, before: np.ndarray) -> list[np.ndarray]:
    lengths = np.array([len(row) for row in rows])
    longest, width = int(lengths.max(initial=0)), rows[0].shape[1]
    if not longest:
        return [np.zeros(0, dtype=np.int64) for _ in rows]
    padded = np.zeros((len(rows), longest, width))
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    best = padded[:, 0].copy()
    best[:, inside] = -np.inf
    back = np.zeros((longest, len(rows), width), dtype=np.int64)
    for step in range(1, longest):
        going = step < lengths
        came = np.repeat(best.argmax(axis=1)[:, None], width, axis=1)
        came[:, inside] = _came(best, before)
        reached = np.take_along_axis(best, came, axis=1) + padded[:, step]
        back[step] = came
        best = np.where(going[:, None], reached, best)
    return _trace(best, back, lengths)


def _came(best: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Of the two tags that may stand before each constrained one, the better, `(n, k)`."""
    better = best[:, before].argmax(axis=2)
    found: np.ndarray = before[np.arange(len(before))[None, :], better]
    return found


def _trace(best: np.ndarray, back: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    paths = []
    for i, length in enumerate(lengths.tolist()):
        path = np.zeros(length, dtype=np.int64)
        tag = int(best[i].argmax())
        for step in range(length - 1, -1, -1):
            path[step] = tag
            tag = int(back[step, i, tag])
        paths.append(path)
    return paths
