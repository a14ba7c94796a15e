"""The best valid tag sequence, against trying all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from polytask.evaluation.tag_paths import best_paths

LABELS = ("O", "B-a", "I-a", "I-b", "B-c", "I-c")


def valid(path: tuple[str, ...]) -> bool:
    pairs = zip(("O", *path), path, strict=False)
    return all(
        tag[:2] != "I-" or tag == "I-b" or before in (f"B-{tag[2:]}", tag) for before, tag in pairs
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_valid_sequence_has_a_larger_score(seed):
    generator = np.random.default_rng(seed)
    rows = [generator.normal(size=(length, len(LABELS))) for length in (0, 1, 2, 4)]
    for row, path in zip(rows, best_paths(rows, LABELS), strict=True):
        found = row[np.arange(len(row)), path].sum()
        tried = [
            sum(row[i, LABELS.index(tag)] for i, tag in enumerate(tags))
            for tags in itertools.product(LABELS, repeat=len(row))
            if valid(tags)
        ]
        assert valid(tuple(LABELS[i] for i in path))
        assert found == pytest.approx(max(tried))


def test_without_bio_tags_each_token_keeps_its_best_tag():
    row = np.random.default_rng(0).normal(size=(7, 3))
    assert best_paths([row], ("NOUN", "VERB", "X"))[0].tolist() == row.argmax(axis=1).tolist()


def test_no_rows_give_no_paths():
    assert best_paths([], LABELS) == []
