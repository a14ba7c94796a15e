import numpy as np
import polars as pl
import pytest

from polytask._errors import ConfigError, DataError, PlanError
from polytask.planning.programs import Doors, Program, RowBudget, run

TRIAGE = """from polytask.program import predict

def triage(row):
    intent = predict("intent", row)
    print("so", intent["label"])
    if intent["probability"] < 0.5:
        return None
    mood = predict("mood", row["text"])
    return {"queue": intent["label"], "urgent": mood["label"] == "angry"}
"""
PROGRAM = Program("triage", TRIAGE, ("intent", "mood"), "triage.py")


class Answers:
    """Says how often it was asked, and for how many rows."""

    def __init__(self):
        self.asked = []

    def __call__(self, task, rows):
        self.asked.append((task, len(rows)))
        return [self.one(task, row) for row in rows]

    def one(self, task, row):
        if task == "mood":
            return {"label": "angry" if "!" in row else "calm", "probability": 0.9}
        return {"label": row["text"].split()[0], "probability": 0.4 + len(row["text"]) / 100}


def _one(text, predict=None, *, row=None, **budget):
    program = Program("f", f"from polytask.program import predict\n{text}", ("next",))
    answers = predict or (lambda task, rows: [{"label": task} for _ in rows])
    (found,) = run(program, [row or {"text": "a"}], Doors(answers), budget=RowBudget(**budget))
    return found


def test_a_program_answers_rows_by_the_answers_of_tasks():
    rows = [{"text": "play a quiet song"}, {"text": "book"}, {"text": "play it now !"}]
    PROGRAM.check()
    found = run(PROGRAM, rows, Doors(Answers()), trace=True)
    assert [one.value for one in found] == [
        {"queue": "play", "urgent": False},
        None,
        {"queue": "play", "urgent": True},
    ]
    assert [one.calls for one in found] == [2, 1, 2]
    assert [(step.line, step.word, step.task) for step in found[0].steps] == [
        (4, "predict", "intent"),
        (0, "print", ""),
        (8, "predict", "mood"),
    ]
    assert found[0].steps[2].given == "play a quiet song"
    assert found[0].steps[2].answer == {"label": "calm", "probability": 0.9}
    assert found[1].reason == ""  # it returned None: not sure, and in order


def test_calls_of_many_rows_meet_and_equal_ones_are_asked_once():
    rows = [{"text": f"play {'x' * 20} {number % 4}"} for number in range(12)]
    answers = Answers()
    together = run(PROGRAM, rows, Doors(answers), together=8)
    assert answers.asked == [("intent", 4), ("mood", 4)]
    apart = run(PROGRAM, rows, Doors(Answers()), together=1)
    assert together == apart
    assert run(PROGRAM, [], Doors(answers)) == []


def test_a_trace_replays_to_the_same_answer():
    rows = [{"text": "play a quiet song"}, {"text": "play it now !"}]
    first = run(PROGRAM, rows, Doors(Answers()), trace=True)
    for row, one in zip(rows, first, strict=True):
        told = {s.task: s.answer for s in one.steps if s.word == "predict"}
        again = run(PROGRAM, [row], Doors(lambda task, _, t=told: [t[task]]), trace=True)
        assert again == [one]


BROKEN = {
    "while True: pass": "0.2 seconds of computing",
    "return [0] * 10**9": "bytes of a row",
    "return row['no']": "program.py:3: KeyError: no",
    "return predict('nixt', row)": "did you mean 'next'",
    "while True: predict('next', row)": "the 50 calls",
    "g = lambda n: g(n + 1)\n    return g(0)": "RecursionError",
    "return open('/etc/passwd').read()": "PermissionError",
    "return float('nan')": "no plain data",
    "return {1, 2}": "no plain data",
    "return predict('next', {'a': {1, 2}})": "is given text, numbers, lists",
    "return predict()": "TypeError",
}


@pytest.mark.parametrize("body", BROKEN)
def test_a_row_that_breaks_its_budget_or_raises_says_why(body):
    found = _one(f"def f(row):\n    {body}\n", seconds=0.2, calls=50)
    assert found.value is None
    assert BROKEN[body] in found.reason


def test_a_row_that_fails_leaves_the_others_alone():
    text = "def f(row):\n    if row['n'] == 1:\n        while True: pass\n    return row['n']\n"
    rows = [{"n": number} for number in range(4)]
    found = run(Program("f", text), rows, Doors(Answers()), budget=RowBudget(seconds=0.2))
    assert [one.value for one in found] == [0, None, 2, 3]


def test_nothing_of_a_row_is_left_for_the_next():
    text = "import random\nseen = []\ndef f(row):\n    seen.append(1)\n"
    text += "    return [len(seen), random.random()]\n"
    found = run(Program("f", text), [{"n": n} for n in range(5)], Doors(Answers()), together=2)
    assert len({str(one.value) for one in found}) == 1
    assert found[0].value[0] == 1


def test_loops_recursion_and_memory_are_there():
    text = (
        "def count(tape, n):\n    return tape if n == 0 else count([*tape, n], n - 1)\n"
        "def f(row):\n    tape = {}\n    for n in range(300):\n"
        "        tape[n] = predict('next', n % 3)['label']\n"
        "    return [len(tape), len(count([], 200))]\n"
    )
    asked = []

    def answers(_, rows):
        asked.extend(rows)
        return [{"label": str(row)} for row in rows]

    assert _one(text, answers).value == [300, 200]
    assert asked == [0, 1, 2]  # equal calls are answered once


def test_an_image_stays_outside_of_the_sandbox():
    seen = []

    def answers(_, rows):
        seen.extend(rows)
        return [{"label": "normal"} for _ in rows]

    row = {"ct": b"\x89PNG", "note": "a cough"}
    text = "def f(row):\n    predict('next', {'ct': row['ct']})\n"
    text += "    return [row['ct'], predict('next', row['ct'])['label']]\n"
    assert _one(text, answers, row=row).value == ["⟨image ct⟩", "normal"]
    assert seen == [{"ct": b"\x89PNG"}, b"\x89PNG"]


def test_cells_of_polars_and_numpy_are_plain_data():
    row = {
        "tokens": pl.Series(["a", "b"]),
        "more": np.array([1, 2]),
        "one": np.float64(0.5),
        "words": (np.str_("c"), [np.int64(3)]),
    }
    text = "def f(row):\n    return [*row['tokens'], *row['more'], row['one'], row['words']]\n"
    found = _one(text, row=row)
    assert (found.value, found.reason) == (["a", "b", 1, 2, 0.5, ["c", [3]]], "")


def test_a_call_that_cannot_be_answered_fails_in_its_own_row():
    def answers(_, rows):
        if any("bad" in row["text"] for row in rows):
            raise DataError("that row is bad")
        return [{"label": "x"} for _ in rows]

    text = "from polytask.program import predict\ndef f(row):\n    try:\n"
    text += "        return predict('next', row)['label']\n"
    text += "    except ValueError as error:\n        return str(error)\n"
    rows = [{"text": "good"}, {"text": "bad"}, {"text": "fine"}]
    found = run(Program("f", text, ("next",)), rows, Doors(answers))
    assert [one.value for one in found] == ["x", "that row is bad", "x"]


def test_a_call_with_other_arguments_says_which():
    text = "def f(row):\n    try:\n        return predict('next')\n"
    text += "    except TypeError as error:\n        return str(error)\n"
    assert _one(text).value == "predict(…): missing a required argument: 'row'"


REFUSED = {
    "def other(row):\n    return 1\n": r"no `def f\(row\)`; Known: other",
    "x = 1\n": "it has no function",
    "def f():\n    return 1\n": "gets the row and nothing else",
    "def f(row, more):\n    return 1\n": "gets the row and nothing else",
    "from polytask.program import aks\ndef f(row):\n    return 1\n": (
        "a task program has `predict`, `ask`, `run_code`"
    ),
    "import os\ndef f(row):\n    return 1\n": "from polytask.program, and math",
    "from polytask.program import predict\ndef f(row):\n    return predict('intend', row)\n": (
        r"p.py:3: predict\('intend', …\).* did you mean 'intent'"
    ),
    "def f(row):\n    return rwo\n": "p.py:2:12",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_program_is_refused_before_it_runs(text):
    with pytest.raises(PlanError, match=REFUSED[text]):
        Program("f", text, ("intent",), "p.py").check()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("predict('b', row)", ["b"]),
        ("predict(task='b', row=row)", ["b"]),
        ("[predict(name, row) for name in row]", ["a", "b"]),
        ("[ask('b', row) for ask in [predict]]", ["a", "b"]),
        ("1", []),
    ],
)
def test_what_a_program_calls_is_known_before_it_runs(body, found):
    text = f"from polytask.program import predict\ndef f(row):\n    return {body}\n"
    assert Program("f", text, ("a", "b")).calls == found


def test_a_program_is_read_from_its_file(tmp_path):
    path = tmp_path / "triage.py"
    path.write_text(TRIAGE)
    assert Program.read(path, "triage", PROGRAM.tasks) == PROGRAM


@pytest.mark.parametrize("name", ["seconds", "calls", "memory", "recursion"])
def test_a_budget_is_above_zero(name):
    with pytest.raises(ConfigError, match=f"`{name}`"):
        RowBudget(**{name: 0})


@pytest.mark.parametrize("start", ["[]", "{}"])
def test_a_value_that_is_nested_without_end_costs_its_row_alone(start):
    wrap = "[x]" if start == "[]" else "{'a': x}"
    lines = f"    x = {start}\n    for _ in range(3000):\n        x = {wrap}\n"
    found = _one(f"def f(row):\n{lines}    return predict('next', x)\n")
    assert found.value is None
    assert "predict(…) is given a value that is nested too deeply" in found.reason
    found = _one(f"def f(row):\n{lines}    return x\n")
    assert found.value is None
    assert "f returned what is no plain data" in found.reason
