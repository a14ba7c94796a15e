"""Meanings of column names."""

import pytest

from polytask.tasks.detection_names import says


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("id", "id"), ("mol_id", "id"), ("ID-Student", "id"), ("imageId", "id"),
        ("created_at", "date"), ("author", "attribution"), ("start", "position"),
        ("patient", "group"), ("overall_rating", "order"), ("age", "amount"), ("标签", "label"),
        ("日期", "date"), ("标题", "title"), ("title", "title"), ("lang", "language"),
    ],
)  # fmt: skip
def test_says(name, meaning):
    assert meaning in says(name)


@pytest.mark.parametrize("name", ["text", "identity", "candidate", "valid", "video", "整体", ""])
def test_says_nothing(name):
    assert says(name) == frozenset()


def test_a_class_name_is_no_title():
    assert says("class_name") == {"label"}
