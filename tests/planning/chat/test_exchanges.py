from __future__ import annotations

from polytask.planning.chat import Exchanges

FACTS = {"messages": [], "text": "a\nb", "sent": 3, "written": 2, "seconds": 0.1}


def test_what_was_answered_is_read_again(tmp_path):
    path = tmp_path / "exchanges.jsonl"
    Exchanges(path).add("one", FACTS)
    again = Exchanges(path)
    assert again.found == {"one": FACTS}
    assert again.tokens == 5


def test_a_line_that_was_not_finished_is_left_out_and_closed_by_the_next(tmp_path):
    path = tmp_path / "exchanges.jsonl"
    Exchanges(path).add("one", FACTS)
    with path.open("a") as file:
        file.write('\n{"key": "two", "te')
    torn = Exchanges(path)
    assert list(torn.found) == ["one"]
    torn.add("two", FACTS)
    assert list(Exchanges(path).found) == ["one", "two"]


def test_what_was_kept_in_memory_moves_to_a_file(tmp_path):
    held = Exchanges()
    held.add("one", FACTS)
    held.move(tmp_path / "exchanges.jsonl")
    held.add("two", FACTS)
    assert list(Exchanges(tmp_path / "exchanges.jsonl").found) == ["one", "two"]
