from __future__ import annotations

from pathlib import Path

import pytest

from polytask._errors import DataError
from polytask.tasks.files_images import is_image_tree, read_images
from polytask.tasks.files_raw import Limits


def tree(folder, **classes):
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            (folder / name / f"{number} 图.PNG").write_bytes(b"")
    return folder


def test_labels_are_the_names_of_folders(tmp_path):
    folder = tree(tmp_path / "数据", 猫=2, dog=1)
    (folder / "dog" / "notes.txt").write_text("no image")
    (folder / "empty").mkdir()
    raw = read_images(folder, Limits())
    assert raw.frame["label"].to_list() == ["dog", "猫", "猫"]
    assert raw.frame["image"][0] == str(folder / "dog" / "0 图.PNG")
    assert raw.rows.tolist() == [1, 2, 3]


def test_paths_are_absolute_whatever_the_working_folder(tmp_path, monkeypatch):
    tree(tmp_path, a=1, b=1)
    monkeypatch.chdir(tmp_path)
    assert read_images(Path(), Limits()).frame["image"][0] == str(tmp_path / "a" / "0 图.PNG")


@pytest.mark.parametrize(
    ("classes", "expected"),
    [({"a": 1, "b": 1}, True), ({"a": 3}, False), ({"a": 1, "b": 0}, False)],
)
def test_two_folders_with_images_make_a_tree(tmp_path, classes, expected):
    assert is_image_tree(tree(tmp_path, **classes)) is expected


def test_a_large_tree_is_sampled(tmp_path):
    raw = read_images(tree(tmp_path, a=30, b=30), Limits(max_rows=20))
    assert raw.frame.height == 20
    assert [f.code for f in raw.findings] == ["sampled"]


def test_a_folder_without_class_folders_is_refused(tmp_path):
    with pytest.raises(DataError, match="no folders with images: it needs one folder a class"):
        read_images(tmp_path, Limits())
