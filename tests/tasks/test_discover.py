from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from polytask._errors import DataError
from polytask.tasks.discover import SourceFile, discover, split_of
from polytask.tasks.files import read

SHARED = Path(__file__).parents[3] / "shared" / "data"


def touch(folder, *names, text="a,b\n1,2\n"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def shown(found):
    return {name: [(file.path.name, file.split) for file in files] for name, files in found.items()}


def test_one_file_is_named_by_its_stem(tmp_path):
    path = touch(tmp_path, "我的 数据.csv") / "我的 数据.csv"
    assert discover(path) == {"我的 数据": [SourceFile(path, "", "csv")]}
    assert discover(str(path)) == discover([path])


def test_splits_of_a_folder_are_one_source(tmp_path):
    folder = touch(tmp_path / "snips", "train.csv", "dev.csv", "test.csv")
    assert shown(discover(folder)) == {
        "snips": [("dev.csv", "dev"), ("test.csv", "test"), ("train.csv", "train")]
    }


def test_splits_in_names_and_folders_and_gz(tmp_path):
    touch(tmp_path, "reviews_train.csv", "reviews-test.csv", "b/train/x.csv", "b/valid/x.csv")
    path = tmp_path / "news.dev.tsv.gz"
    path.write_bytes(gzip.compress(b"a\tb\n"))
    assert shown(discover(tmp_path)) == {
        "x": [("x.csv", "train"), ("x.csv", "dev")],
        "news": [("news.dev.tsv.gz", "dev")],
        "reviews": [("reviews-test.csv", "test"), ("reviews_train.csv", "train")],
    }


def test_a_folder_of_data_sets_gives_one_source_each(tmp_path):
    touch(tmp_path, "snips/train.csv", "snips/test.csv", "sst/train.csv", "one.csv")
    assert set(discover(tmp_path)) == {"snips", "sst", "one"}


def test_equal_names_are_told_apart_by_their_folders(tmp_path):
    touch(tmp_path, "a/data.csv", "b/data.csv", "c/other.csv")
    assert set(discover(tmp_path)) == {"a_data", "b_data", "other"}


def test_several_sources_and_globs_are_united(tmp_path):
    touch(tmp_path, "x_train.csv", "x_test.csv", "y.csv", "d/z.csv", "e/deep/w.csv")
    found = discover([str(tmp_path / "x_*.csv"), tmp_path / "y.csv", tmp_path / "y.csv"])
    assert shown(found) == {
        "x": [("x_test.csv", "test"), ("x_train.csv", "train")],
        "y": [("y.csv", "")],
    }
    assert set(discover(str(tmp_path / "?"))) == {"z", "w"}
    assert set(discover(str(tmp_path / "**/*.csv"))) == {"x", "y", "z", "w"}


def test_a_name_with_brackets_is_no_glob_when_it_exists(tmp_path):
    touch(tmp_path, "data [1].csv")
    assert set(discover(tmp_path / "data [1].csv")) == {"data [1]"}


def test_a_relative_path_is_named_by_the_real_folder(tmp_path, monkeypatch):
    folder = touch(tmp_path / "snips", "train.csv", "test.csv")
    monkeypatch.chdir(folder)
    assert set(discover(".")) == {"snips"}
    assert set(discover("train.csv")) == {"snips"}


def test_a_folder_called_test_is_no_split_without_training_data(tmp_path):
    touch(tmp_path / "test", "mine.csv")
    assert shown(discover(tmp_path / "test")) == {"mine": [("mine.csv", "")]}


def test_what_is_no_data_is_passed_over(tmp_path):
    touch(tmp_path, "data.csv", "LICENSE.csv", ".hidden.csv", "__MACOSX/data.csv", "notes.docx")
    touch(tmp_path, "readme.txt", "words.txt", text="Some words.\nMore words in here.\n\nEnd\n")
    touch(tmp_path, "config.json", text='{\n "a": 1\n}')
    touch(tmp_path, "rows.json", text='[{"a": 1}]')
    touch(tmp_path, "tags.txt", text="a O\nb O\n\nc O\n")
    touch(tmp_path, "old run/run.json", "old run/tasks/data.csv", text="{}")
    found = discover(tmp_path)
    assert {name: files[0].format for name, files in found.items()} == {
        "data": "csv",
        "rows": "json",
        "tags": "conll",
    }


def test_a_link_to_a_folder_is_not_followed(tmp_path):
    touch(tmp_path, "a/data.csv")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert set(discover(tmp_path)) == {"data"}


def image_tree(folder, *names):
    for name in names:
        touch(folder, f"{name}/cat/1.jpg", f"{name}/dog/2.png", text="")
    return folder


def test_image_trees_with_and_without_splits(tmp_path):
    image_tree(tmp_path / "pets", "train", "test")
    image_tree(tmp_path, "plain")
    found = discover(tmp_path)
    assert shown(found) == {
        "pets": [("test", "test"), ("train", "train")],
        "plain": [("plain", "")],
    }
    assert {file.format for files in found.values() for file in files} == {"images"}
    assert set(discover(tmp_path / "plain")) == {"plain"}


def test_images_beside_a_table_belong_to_it(tmp_path):
    image_tree(tmp_path, "pictures")
    touch(tmp_path / "pictures", "labels.csv")
    assert set(discover(tmp_path)) == {"labels"}


def test_names_and_splits():
    assert split_of("TRAIN") == ("", "train")
    assert split_of("en_ewt-ud-dev") == ("en_ewt-ud", "dev")
    assert split_of("test.v2") == ("v2", "test")
    assert split_of("contest_data") == ("contest_data", "")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("trian.csv", "does not exist: did you mean 'train.csv'"),
        ("zzz", "holds empty, notes, old, runs, train.csv"),
        ("no/such/file.csv", "there is no folder"),
        ("*.xyz", "No file matches the pattern"),
        ("empty", "has nothing that can be used. Found: no files. Read are csv, tsv"),
        ("notes", "Found: a.docx, b.xlsx. Read are csv, tsv"),
        ("notes/*", "Found: a.docx, b.xlsx. Read are csv, tsv"),
        ("old", "old is a run folder, which holds no data to learn from: `polytask report"),
        ("runs", "Found: a run (a run folder)."),
        ("notes/a.docx", "of no format that is read: csv, tsv"),
    ],
)
def test_refusals_say_what_was_found_and_what_is_read(tmp_path, source, message):
    touch(tmp_path, "train.csv", "notes/a.docx", "notes/b.xlsx")
    touch(tmp_path, "old/run.json", "runs/a run/run.json", "runs/a run/data/x.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        discover(str(tmp_path / source))
    assert message in str(caught.value)


def test_a_folder_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\): allow it"):
        discover(tmp_path)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(DataError, match="cannot be looked at"):
        discover("x" * 5000)


def test_no_source_at_all_is_refused():
    with pytest.raises(DataError, match="No files are given"):
        discover([])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no shared data beside the checkout")
def test_the_shared_data_is_found_and_read():
    found = discover(SHARED)
    assert {file.split for file in found["snips"]} == {"train", "dev", "test"}
    assert set(found) == {path.name for path in SHARED.iterdir() if path.is_dir()}
    snips = {file.split: read(file.path) for file in found["snips"]}
    assert snips["train"].frame.height == 13084
    assert snips["test"].frame.columns == ["tokens", "slots", "intent"]
