"""The plans of docs/universality.md are run, each to what the chapter says of it."""

import re
from pathlib import Path

import pytest

from polytask.planning.interpreter import Limits, run

CHAPTER = Path(__file__).parents[2] / "docs" / "universality.md"
PLANS = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", CHAPTER.read_text(), re.DOTALL))


@pytest.fixture
def play(tmp_path, vocabulary, journal_of):
    def play(name, operations, limits=None):
        path = tmp_path / f"{name}.py"
        path.write_text(PLANS[name])
        with journal_of(PLANS[name]) as journal:
            return run(path, operations, journal, vocabulary=vocabulary, limits=limits)

    return play


@pytest.fixture
def epochs(recorder):
    """Operations whose dev grows with the epochs up to 8, and no further."""

    def dev(tasks, recipe):
        found = re.search(r"epochs=(\d+)", recipe)
        return dict.fromkeys(tasks, min(int(found[1]) if found else 4, 8) / 10)

    return recorder(names=("a",), dev=dev)


def test_every_plan_of_the_chapter_is_here():
    assert set(PLANS) == {"collatz", "endless", "until", "grouping", "improving"}


def test_collatz_ends_for_27(play, recorder):
    operations = recorder()
    assert play("collatz", operations).status == "finished"
    assert operations.said() == ["1 after 111 steps"]


def test_a_plan_without_an_end_is_stopped_and_says_where(play, recorder):
    operations = recorder()
    outcome = play("endless", operations, Limits(turn_seconds=0.5))
    assert outcome.status == "failed"
    assert "does it loop for ever?" in outcome.message
    assert len(operations.trained()) == 1  # what a stop delivers


def test_the_loop_goes_on_until_the_gain_is_nothing(play, epochs):
    assert play("until", epochs).status == "finished"
    recipes = [recipe for _, recipe in epochs.trained()]
    assert recipes == [f"FineTune(epochs={n})" for n in (1, 2)] + ["FineTune()"] + [
        f"FineTune(epochs={n})" for n in (8, 16)
    ]
    assert epochs.said() == ["a: 16 epochs are not surely better than 8"]
    assert epochs.log[-2][1] == {"a": "a:FineTune(epochs=8)"}


def test_groups_are_parted_until_no_task_loses(play, recorder):
    def dev(tasks, _):
        """Together all gain, but c and d only where neither a nor b is there."""
        mixed = len({"a", "b"} & set(tasks)) and len({"c", "d"} & set(tasks))
        shared = {task: 0.4 if mixed and task in "cd" else 0.6 for task in tasks}
        return shared if len(tasks) > 1 else dict.fromkeys(tasks, 0.5)

    operations = recorder(names=tuple("abcd"), dev=dev)
    assert play("grouping", operations).status == "finished"
    assert [tasks for tasks, _ in operations.trained()][4:] == [
        tuple("abcd"),
        ("a", "b"),
        ("c", "d"),
    ]
    assert operations.said() == ["together: a, b", "together: c, d"]


def test_a_plan_keeps_the_child_that_is_measured_better(play, recorder):
    operations = recorder(names=("a",), budget=1000.0)
    texts = []

    def try_plan(text, seconds):
        assert seconds > 0
        texts.append(text)
        value = 0.9 if "epochs=4" in text and "TopLayers" not in text else 0.5
        return {
            "status": "failed" if "rate=0.0004" in text else "finished",
            "reason": "it diverged" if "rate=0.0004" in text else "",
            "model": "child",
            "parts": {"a": f"a:child{len(texts)}"},
            "controls": {},
            "dev": {"a": value},
            "seconds": 1.0,
        }

    operations.try_plan = try_plan
    assert play("improving", operations).status == "finished"
    assert len(texts) == 4
    assert "epochs=4" in texts[2]  # the second change starts from the first, which was kept
    assert "rate=0.0001" in texts[3]  # the second failed, and was not kept
    assert operations.said()[0].startswith("kept the draft: 0.500")
    assert operations.said()[1] == "kept epochs=4: 0.900"
    assert operations.said()[2] == "rate=0.0004: failed, it diverged"
    assert operations.log[-2][1] == {"a": "a:child2"}
