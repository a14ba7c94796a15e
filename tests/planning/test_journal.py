import errno
import json
import sqlite3

import pytest

from polytask._errors import OutputError, PlanError
from polytask.planning.budget import OutOfTime
from polytask.planning.journal import Journal


def never():
    raise AssertionError("a recorded operation was carried out again")


def test_answers_are_replayed_and_not_asked_again(journal_of):
    with journal_of("plan") as journal:
        assert journal.call("train", {"tasks": ["a"]}, lambda: {"dev": (1, 2)}) == {"dev": [1, 2]}
        assert journal.call("say", {}, lambda: None) is None
    with journal_of("plan") as journal:
        assert journal.recorded("train", {"tasks": ["a"]})
        assert journal.call("train", {"tasks": ["a"]}, never) == {"dev": [1, 2]}
        assert journal.call("say", {}, never) is None
        assert journal.call("train", {"tasks": ["b"]}, lambda: 3) == 3


def test_the_first_answer_is_what_every_replay_gives(journal_of):
    answer = {"b": 1.5, "a": (1,), 3: None}
    with journal_of("plan") as journal:
        first = journal.call("train", {}, lambda: answer)
        journal.rewind()
        assert json.dumps(first) == json.dumps(journal.call("train", {}, never))


@pytest.mark.parametrize("failure", [ValueError, TypeError, RuntimeError])
def test_what_a_plan_may_see_fail_is_recorded(journal_of, failure):
    def fail():
        raise failure("no such task")

    for do in (fail, never):
        with journal_of("plan") as journal, pytest.raises(failure, match="no such task"):
            journal.call("train", {}, do)


def test_a_stop_for_time_is_a_fact_that_is_replayed(journal_of):
    def stop():
        raise OutOfTime("3 s left")

    with journal_of("plan") as journal:
        journal.call("train", {"tasks": ["a"]}, lambda: 1)
        with pytest.raises(OutOfTime, match="3 s left"):
            journal.call("train", {"tasks": ["b"]}, stop)
    with journal_of("plan") as journal:
        journal.call("train", {"tasks": ["a"]}, never)
        with pytest.raises(OutOfTime):
            journal.call("train", {"tasks": ["b"]}, never)


def test_an_operation_killed_on_the_way_is_carried_out_again(journal_of, killed):
    def die():
        raise killed

    journal = journal_of("plan")
    with pytest.raises(killed):
        journal.call("train", {}, die)
    assert [call.state for call in journal.calls()] == ["started"]
    journal.close()
    with journal_of("plan") as journal:
        assert not journal.recorded("train", {})
        assert journal.call("train", {}, lambda: 1) == 1
        assert [call.state for call in journal.calls()] == ["done"]


def test_an_edited_plan_keeps_what_it_has_in_common(journal_of):
    with journal_of("first") as journal:
        for name in ("a", "b", "c"):
            journal.call("train", {"task": name}, lambda: 1)
    with journal_of("second") as journal:
        assert journal.call("train", {"task": "a"}, never) == 1
        assert journal.call("train", {"task": "x"}, lambda: 2) == 2
        assert [call.arguments["task"] for call in journal.calls()] == ["a", "x"]


def test_an_edit_still_counts_when_the_run_is_killed_before_the_edited_call(journal_of):
    with journal_of("first") as journal:
        for name in ("a", "b"):
            journal.call("train", {"task": name}, lambda: 1)
    with journal_of("second") as journal:
        journal.call("train", {"task": "a"}, never)
    with journal_of("second") as journal:
        journal.call("train", {"task": "a"}, never)
        assert journal.call("train", {"task": "x"}, lambda: 2) == 2


def test_the_tail_of_an_edited_plan_is_dropped_at_the_end(journal_of):
    with journal_of("first") as journal:
        for name in ("a", "b"):
            journal.call("train", {"task": name}, lambda: 1)
            journal.said(name)
    with journal_of("second") as journal:
        journal.call("train", {"task": "a"}, never)
        journal.said("a")
        journal.end()
        assert len(journal.calls()) == 1
        assert journal.lines() == ["a"]


def test_what_is_void_is_forgotten_with_all_behind_it(journal_of):
    with journal_of("plan") as journal:
        for number in range(4):
            journal.call("train", {"n": number}, lambda number=number: number)
    with journal_of("plan") as journal:
        journal.forget(lambda call: call.output in (2, 3))
        assert [call.output for call in journal.calls()] == [0, 1]
        journal.forget(lambda call: call.output == 9)
        assert journal.call("train", {"n": 0}, never) == 0
        assert journal.call("train", {"n": 1}, never) == 1
        assert journal.call("train", {"n": 2}, lambda: "anew") == "anew"


def test_a_plan_that_differs_without_an_edit_is_not_deterministic(journal_of):
    with journal_of("plan") as journal:
        journal.call("train", {"task": "a"}, lambda: 1)
    with (
        journal_of("plan") as journal,
        pytest.raises(PlanError, match=r"number 1 it called train\(task='a'\).*train\(task='b'\)"),
    ):
        journal.call("train", {"task": "b"}, never)


def test_lines_are_said_once_over_all_sessions(journal_of):
    with journal_of("plan") as journal:
        assert [journal.said(text) for text in ("one", "two")] == [False, False]
    with journal_of("plan") as journal:
        assert [journal.said(text) for text in ("one", "two", "three")] == [True, True, False]
    with journal_of("edited") as journal:
        assert [journal.said(text) for text in ("one", "2")] == [True, False]
        assert journal.lines() == ["one", "2"]


def test_facts_of_the_first_session_hold_and_changes_are_named(journal_of):
    with journal_of("first", threads=2) as journal:
        assert journal.facts["threads"] == 2
        assert journal.changed == ()
        journal.note("data", {"a": [1]})
    with journal_of("second", threads=4) as journal:
        assert journal.changed == ("plan", "threads")
        assert journal.facts["threads"] == 2
        assert journal.facts["plan"] == "second"
        assert journal.facts["data"] == {"a": [1]}


def test_used_time_adds_up_over_sessions_and_survives_a_kill(journal_of, monkeypatch):
    now = 1000.0
    monkeypatch.setattr("polytask.planning.journal.time.monotonic", lambda: now)
    journal = journal_of("plan")
    now += 5.0
    journal.tick()
    now += 3.0  # killed here: what came after the last tick is lost
    journal._connection.close()
    now += 500.0  # nobody runs
    with journal_of("plan") as journal:
        now += 2.0
        assert journal.used == 7.0
    with journal_of("plan") as journal:
        assert journal.used == 7.0


def test_time_before_the_journal_was_opened_counts_when_said(tmp_path, monkeypatch):
    monkeypatch.setattr("polytask.planning.journal.time.monotonic", lambda: 50.0)
    with Journal.open(tmp_path / "j.sqlite", meta={}, since=46.0) as journal:
        assert journal.used == 4.0


def test_a_heartbeat_may_come_from_another_thread(journal_of):
    import threading

    with journal_of("plan") as journal:
        thread = threading.Thread(target=journal.tick)
        thread.start()
        thread.join()
        assert journal._connection.execute("SELECT used FROM clock").fetchone()[0] > 0


def test_writes_are_durable_before_an_operation_begins(journal_of, tmp_path):
    def look():
        other = sqlite3.connect(tmp_path / "journal.sqlite")
        found = other.execute("SELECT operation, state FROM calls").fetchall()
        other.close()
        return found

    with journal_of("plan") as journal:
        assert journal.call("train", {}, look) == [["train", "started"]]
        assert look() == [("train", "done")]
        assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_keys_are_kept_beside_the_answer(journal_of):
    with journal_of("plan") as journal:
        journal.call("train", {}, lambda: 1, key="abc")
        assert journal.calls()[0].key == "abc"


def test_a_full_disk_says_what_to_do(journal_of):
    with journal_of("plan") as journal:
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutputError, match=r"disk is full.*free some space.*polytask run"):
            journal.call("train", {}, lambda: "x" * 100_000)
        journal._connection.execute("PRAGMA max_page_count = 1000000")
    with journal_of("plan") as journal:
        assert journal.call("train", {}, lambda: 1) == 1


def test_a_full_disk_reported_by_the_system_is_told_the_same(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("polytask.planning.journal.sqlite3.connect", full)
    with pytest.raises(OutputError, match="disk is full"):
        Journal.open(tmp_path / "j.sqlite", meta={})


def test_damaged_newer_and_unwritable_journals_are_refused(tmp_path):
    (tmp_path / "damaged").write_bytes(b"no database " * 500)
    with pytest.raises(OutputError, match=r"damaged.*is damaged.*new run folder"):
        Journal.open(tmp_path / "damaged", meta={})
    with Journal.open(tmp_path / "newer", meta={}) as journal:
        journal.note("format", 99)
    with pytest.raises(OutputError, match=r"format 99.*use a newer polytask"):
        Journal.open(tmp_path / "newer", meta={})
    with pytest.raises(OutputError, match="cannot be written"):
        Journal.open(tmp_path / "no folder" / "j.sqlite", meta={})


def test_closing_twice_is_harmless(journal_of):
    journal = journal_of("plan")
    journal.close()
    journal.close()
