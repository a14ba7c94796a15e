from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polytask.learning.sampling.temperature import Temperature

SIZES = st.lists(st.integers(1, 10_000), min_size=1, max_size=6)


@given(SIZES, st.floats(1.0, 10.0))
def test_an_epoch_has_about_as_many_rows_as_there_are(sizes: list[int], t: float) -> None:
    quotas = Temperature(t).quotas(sizes)
    assert abs(sum(quotas) - sum(sizes)) <= len(sizes)
    assert min(quotas) >= 1


@given(st.integers(1, 1000), st.integers(1, 1000), st.floats(1.0, 10.0))
def test_smoothing_only_raises_sparse_tasks(labelled: int, more: int, t: float) -> None:
    factor = Temperature(t).factor(labelled, labelled + more)
    assert 1.0 - 1e-9 <= factor <= (labelled + more) / labelled + 1e-9


def test_a_task_without_labels_counts_nothing() -> None:
    assert Temperature(2.0).factor(0, 10) == 0.0
