import json
import multiprocessing

import pytest

from polytask._errors import ConfigError
from polytask.knowledge import Store, store


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path / "home" / "knowledge.jsonl")


def test_a_run_that_went_on_takes_the_place_of_itself(kept, record):
    kept.add(record("0a", {"A()": [0.5]}))
    kept.add(record("0b", {"A()": [0.5]}))
    kept.add(record("0a", {"A()": [0.6]}))
    assert [one.run for one in kept.records()] == ["0b", "0a"]
    assert kept.records()[1].scores(0) == {(0,): {"A()": 0.6}}
    assert kept.problem == ""


def test_the_oldest_make_room(kept, record, monkeypatch):
    monkeypatch.setattr(store, "MOST", 3)
    for number in range(5):
        kept.add(record(f"{number:02x}", {"A()": [0.5]}))
    assert [one.run for one in kept.records()] == ["02", "03", "04"]
    monkeypatch.setattr(store, "BYTES", kept.bytes - 20)
    kept.add(record("ff", {"A()": [0.5]}))
    assert [one.run for one in kept.records()] == ["04", "ff"]
    assert kept.bytes < store.BYTES


def test_forgetting_by_id_by_name_and_all(kept, record):
    for run in ("0a", "0b", "0c"):
        kept.add(record(run, {"A()": [0.5]}))
    with pytest.raises(ConfigError, match=r"No run 'x' is remembered; known: 0a \(run-0a\)"):
        kept.forget("x")
    assert kept.forget("0b") == 1
    assert kept.forget("run-0c") == 1
    assert kept.forget("all") == 1
    assert kept.forget("all") == 0
    assert kept.records() == []


def test_damaged_lines_are_left_aside_and_said(kept, record):
    kept.add(record("0a", {"A()": [0.5]}))
    with kept.path.open("a", encoding="utf-8") as file:
        file.write('{"run": "cut sh')
    assert [one.run for one in kept.records()] == ["0a"]
    assert "1 damaged line(s)" in kept.problem
    kept.add(record("0b", {"A()": [0.5]}))
    assert [one.run for one in kept.records()] == ["0a", "0b"]
    assert kept.problem == ""


def test_a_file_of_a_newer_format_is_not_touched(kept, record):
    kept.path.parent.mkdir()
    text = json.dumps({"format": 99}) + "\nwhatever\n"
    kept.path.write_text(text)
    assert kept.records() == []
    assert "newer polytask" in kept.problem
    kept.add(record("0a", {"A()": [0.5]}))
    assert kept.path.read_text() == text
    assert "newer polytask" in kept.problem


def test_a_place_that_cannot_be_written_is_a_problem_and_no_error(tmp_path, record):
    (tmp_path / "file").write_text("")
    kept = Store(tmp_path / "file" / "knowledge.jsonl")
    kept.add(record("0a", {"A()": [0.5]}))
    assert "cannot be written" in kept.problem
    assert kept.bytes == 0


def add(path, names, record):
    for name in names:
        Store(path).add(record(name, {"A()": [0.5]}))


def test_runs_that_end_at_the_same_time_lose_nothing(kept, record):
    names = [[f"{who}{number}" for number in range(8)] for who in "abc"]
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=add, args=(kept.path, some, record)) for some in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {one.run for one in kept.records()} == {name for some in names for name in some}


@pytest.mark.parametrize("line", ["[" * 100_000, '{"run": 1e999}', '{"format": 1e999}'])
def test_whatever_a_line_holds_the_others_are_read(kept, record, line):
    kept.add(record("0a", {"A()": [0.5]}))
    head, rest = kept.path.read_text().split("\n", 1)
    for lines in ((head, line, rest), (line, rest)):
        kept.path.write_text("\n".join(lines))
        assert [one.run for one in kept.records()] == ["0a"]
        assert "1 damaged line(s)" in kept.problem


def test_a_file_that_cannot_be_read_is_not_written_over(kept, record):
    kept.path.mkdir(parents=True)  # as good as one of another user, which root could read
    kept.add(record("0a", {"A()": [0.5]}))
    assert "cannot be read" in kept.problem
    assert kept.path.is_dir()


def test_a_damaged_file_in_a_folder_of_any_name_is_written(tmp_path, record):
    kept = Store(tmp_path / "newer" / "knowledge.jsonl")
    kept.add(record("0a", {"A()": [0.5]}))
    with kept.path.open("a", encoding="utf-8") as file:
        file.write("cut sh")
    kept.add(record("0b", {"A()": [0.5]}))
    assert [one.run for one in kept.records()] == ["0a", "0b"]
