from __future__ import annotations

from polytask.learning.sampling.uniform import Uniform


def test_a_table_and_a_task_count_alike_whatever_their_size() -> None:
    assert Uniform().quotas([990, 9, 1], None) == [333, 333, 333]
    assert Uniform().factor(10, 100) == 10.0
