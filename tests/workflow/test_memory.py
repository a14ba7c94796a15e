from __future__ import annotations

import pytest

from polytask.workflow import memory


def test_something_is_free_here():
    assert 0 <= memory.free_memory() < 1 << 50


def test_the_machine_says_what_is_available(tmp_path):
    path = tmp_path / "meminfo"
    path.write_text("MemTotal:  8 kB\nMemAvailable:  2048 kB\n")
    assert memory._free_here(path) == 2048 * 1024
    path.write_text("MemTotal:  8 kB\n")
    assert memory._free_here(path) == float("inf")
    assert memory._free_here(tmp_path / "none") == float("inf")


@pytest.mark.parametrize(
    ("limits", "free"),
    [
        ({"": "max", "a": "max", "a/b": "max"}, float("inf")),
        ({"a": "1000", "a/b": "max"}, 1000 - 600 + 50),
        ({"a": "1000", "a/b": "700"}, 700 - 600 + 50),
        ({"a": "500"}, 0.0),
        ({}, float("inf")),
    ],
)
def test_the_narrowest_group_around_counts_and_what_can_be_given_back_is_free(
    tmp_path, limits, free
):
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name, limit in limits.items():
        (tmp_path / name / "memory.max").write_text(f"{limit}\n")
        (tmp_path / name / "memory.current").write_text("600\n")
        (tmp_path / name / "memory.stat").write_text("anon 1\ninactive_file 50\n")
    assert memory._free_in_group("a/b", tmp_path) == free
