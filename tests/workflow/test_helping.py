"""What helpers gave, from the journal."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from polytask.evaluation.report import Estimate, Help
from polytask.planning.journal import Call
from polytask.tasks import TaskSet
from polytask.workflow.choosing import Choice
from polytask.workflow.helping import helps

if TYPE_CHECKING:
    from pathlib import Path


def table(rows: int) -> Any:
    return SimpleNamespace(final=np.array(["train"] * rows + [""]))


def task(name: str) -> Any:
    return SimpleNamespace(table=name)


TASKS: Any = TaskSet(
    {"a": task("a"), "b": task("b")},
    {"films": table(30), "songs": table(9)},
    helpers={"mood": task("films"), "tone": task("films"), "age": task("songs")},
)


def call(operation: str, arguments: Any, output: Any) -> Call:
    return Call(0, operation, arguments, None, "done", output, 1.0)


def ranked(name: str, rows: int, similarity: float) -> dict[str, Any]:
    return {"name": name, "tasks": ["x"], "rows": rows, "similarity": similarity}


def compared(part: str, gain: float) -> Call:
    answer = {"gain": gain, "low": gain - 0.5, "high": gain + 0.5, "verdict": "better"}
    return call("compare", {"shared": part, "controls": {"a": "c"}}, {"a": answer})


@pytest.fixture
def calls(train_call: Any) -> list[Call]:
    def tried(part: str, *names: str, status: str = "done", repeat: int = 0) -> Call:
        dev = {"a": 0.5} if status == "done" else {}
        return train_call(part, dev, repeat, tasks=["a", *names], status=status)

    answer = [ranked("films", 30, 0.7), ranked("songs", 9, 0.2)]
    return [
        call("helpers", {"task": "a"}, answer),
        tried("c"),
        tried("one", "mood", "tone"),
        compared("one", 0.0625),
        tried("", "age", status="no time"),
        tried("two", "mood", "tone", "age"),
        compared("two", 0.125),
        tried("three", "mood", "tone", "age", repeat=1),
    ]


def test_a_line_for_every_set_and_for_sets_together(calls: list[Call]) -> None:
    choice = Choice({"a": "two"}, {"a": "c"}, planned=True)
    assert helps(calls, TASKS, choice) == (
        Help("a", ("films",), 30, 0.7, "done", Estimate(0.0625, -0.4375, 0.5625)),
        Help("a", ("songs",), 9, 0.2, "no time"),
        Help("a", ("films", "songs"), 39, None, "done", Estimate(0.125, -0.375, 0.625), used=True),
    )


def test_first_the_sets_and_then_the_task_has_a_line_of_its_own(train_call: Any) -> None:
    base = train_call("base", {}, tasks=["mood", "tone", "age"], status="done")
    after = train_call("after", {"a": 0.75}, tasks=["a"], status="done")
    after = after._replace(arguments={"start": "base"})
    calls = [train_call("c", {"a": 0.5}), base, after, compared("after", 0.25)]
    choice = Choice({"a": "after"}, {"a": "c"}, planned=True)
    gain = Estimate(0.25, -0.25, 0.75)
    expected = Help("a", ("films", "songs"), 39, None, "done", gain, used=True, in_sequence=True)
    assert helps(calls, TASKS, choice) == (expected,)


def test_helpers_that_no_task_started_from_have_a_line(train_call: Any) -> None:
    late = train_call("", {}, tasks=["mood", "age"], status="no time")
    calls = [train_call("c", {"a": 0.5}), late, late]
    choice = Choice({"a": "c"}, {"a": "c"}, planned=True)
    expected = Help("", ("films", "songs"), 39, status="no time", in_sequence=True)
    assert helps(calls, TASKS, choice) == (expected,)


@pytest.mark.slow
def test_a_written_plan_tries_helpers_first_and_the_task_after_them(
    job: Path, make_rows: Any, tiny_encoder: Path
) -> None:
    import polytask

    rows = [{"text": one["text"], "tone": one["mood"]} for one in make_rows(60, seed=9)]
    (job / "more.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = polytask.run(
        [job / "tasks.yaml"],
        helpers=job / "more.jsonl",
        out=job / "run",
        budget="5m",
        threads=1,
        dtype="float32",
        encoder=str(tiny_encoder),
    )
    after = {one.task: one for one in result.report.helpers if one.in_sequence}
    assert set(after) == {"topic", "mood"}
    assert all(one.status == "done" and one.gain and one.rows == 60 for one in after.values())
    firsts = [one for one in result.report.candidates if one.tasks == ("more_tone",)]
    assert len({one.name for one in firsts}) == 1  # one encoder for both
    assert set(result.model.tasks) == {"topic", "mood"}


def test_of_several_recipes_the_one_that_is_used_stands_there(calls: list[Call]) -> None:
    again = [
        *calls,
        *(replaced(one, "four") for one in calls if one.output and is_one(one)),
        compared("four", 0.25),
    ]
    chosen = Choice({"a": "four"}, {"a": "c"}, planned=True)
    assert helps(again, TASKS, chosen)[0].gain == Estimate(0.25, -0.25, 0.75)
    other = Choice({"a": "c"}, {"a": "c"}, planned=True)
    first = helps(again, TASKS, other)[0]
    assert (first.used, first.gain.value if first.gain else None) == (False, 0.0625)


def is_one(found: Call) -> bool:
    output: Any = found.output
    return found.operation == "train" and output["part"] == "one"


def replaced(found: Call, part: str) -> Call:
    output: Any = found.output
    return call("train", found.arguments, {**output, "part": part})


def test_without_helpers_there_is_nothing_to_tell(train_call: Any) -> None:
    calls = [train_call("one", {"a": 0.5, "b": 0.5})]
    assert helps(calls, TASKS, Choice({"a": "one"}, {}, planned=True)) == ()
