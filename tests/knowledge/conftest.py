"""Records of invented runs."""

import pytest

from polytask.knowledge import Candidate, Facts, Record


def make_facts(**figures):
    known = {"kind": "binary", "metric": "accuracy", "modality": "text", "language": "en"}
    return Facts(**{**known, "rows": 1000, "classes": 2, "length": 20.0, **figures})


def make_record(run, dev, *facts, seconds=None, **more):
    """A run of one task each alone; `dev` is by recipe the result of every task."""
    tasks = facts or (make_facts(),)
    candidates = tuple(
        Candidate(recipe, (place,), {place: value}, (seconds or {}).get(recipe, 1.0))
        for recipe, values in dev.items()
        for place, value in enumerate(values)
    )
    return Record(run, f"run-{run}", "2026-11-30", "0.1.0", tasks, candidates, **more)


@pytest.fixture
def facts():
    return make_facts


@pytest.fixture
def record():
    return make_record
