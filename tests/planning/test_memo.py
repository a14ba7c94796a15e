import sqlite3

import pytest

from polytask.planning.memo import Memo, key


def test_results_are_found_again_by_another_run(tmp_path):
    artefact = tmp_path / "part"
    artefact.mkdir()
    with_part, without = key({"a": 1}), key({"a": 2})
    first = Memo(tmp_path / "home" / "memo.sqlite")
    first.put(with_part, {"dev": [0.5, None]}, artefact)
    first.put(without, "text")
    first.close()
    second = Memo(tmp_path / "home" / "memo.sqlite")
    assert second.get(with_part) == ({"dev": [0.5, None]}, artefact)
    assert second.get(without) == ("text", None)
    assert second.get(key({"a": 3})) is None
    assert second.problem == ""
    second.close()


def test_a_result_whose_artefact_is_gone_is_no_result(tmp_path):
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put("k", 1, tmp_path / "gone")
    assert memo.get("k") is None
    memo.close()


def test_a_newer_result_replaces_the_older(tmp_path):
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put("k", 1)
    memo.put("k", 2)
    assert memo.get("k") == (2, None)
    memo.close()


def test_a_damaged_memo_is_set_aside_and_a_new_one_begun(tmp_path):
    path = tmp_path / "memo.sqlite"
    path.write_bytes(b"no database " * 1000)
    memo = Memo(path)
    assert "set aside" in memo.problem
    assert (tmp_path / "memo.sqlite.damaged").read_bytes().startswith(b"no database")
    memo.put("k", 1)
    assert memo.get("k") == (1, None)
    memo.close()


def test_a_damaged_row_is_a_missing_one(tmp_path):
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put("k", 1)
    other = sqlite3.connect(tmp_path / "memo.sqlite")
    other.execute("UPDATE results SET output = '{'")
    other.commit()
    other.close()
    assert memo.get("k") is None
    memo.close()


def test_a_memo_that_cannot_be_made_only_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    memo = Memo(tmp_path / "file" / "memo.sqlite")
    assert "cannot be used" in memo.problem
    memo.put("k", 1)
    assert memo.get("k") is None
    memo.close()


def test_a_memo_that_is_a_folder_only_says_so(tmp_path):
    (tmp_path / "memo.sqlite").mkdir()
    memo = Memo(tmp_path / "memo.sqlite")
    assert "cannot be used" in memo.problem
    assert memo.get("k") is None


@pytest.mark.parametrize("other", [{"a": 2}, {"b": 1}, {"a": "1"}, {"a": [1]}, {"a": 1.5}])
def test_different_values_have_different_keys(other):
    assert key(other) != key({"a": 1})
    assert len(key(other)) == 40


def test_a_memo_that_breaks_while_in_use_is_begun_anew(tmp_path):
    path = tmp_path / "memo.sqlite"
    memo = Memo(path)
    memo.put("k", "x" * 10_000)
    memo.close()
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    memo = Memo(tmp_path / "other.sqlite")
    memo._connection.close()
    path.write_bytes(bytes(data))
    memo._path = path
    memo._connection = sqlite3.connect(path, isolation_level=None)
    assert memo.get("k") is None
    assert "set aside" in memo.problem
    memo.put("k", 1)
    assert memo.get("k") == (1, None)
    memo.close()


def test_a_locked_memo_finds_nothing_and_is_left_alone(tmp_path, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(
        "polytask.planning.memo.sqlite3.connect",
        lambda path, **options: connect(path, **{**options, "timeout": 0.0}),
    )
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put("k", 1)
    other = connect(tmp_path / "memo.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    memo.put("k", 2)
    other.execute("ROLLBACK")
    assert other.execute("SELECT output FROM results").fetchall() == [("1",)]
    other.close()
    assert not (tmp_path / "memo.sqlite.damaged").exists()
    memo.close()
