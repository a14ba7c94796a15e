import inspect
import re

import pytest

from polytask.planning.interpreter import _check_kind, run
from polytask.planning.operations import Compared, Trained
from polytask.planning.stubs import operation_names, signature

EMPTY = inspect.Signature.empty


@pytest.mark.parametrize("name", operation_names())
def test_every_operation_is_typed_and_explains_its_arguments(name):
    found = signature(name)
    assert found.return_annotation is not EMPTY
    document = _document(name)
    assert document
    for parameter in found.parameters.values():
        assert parameter.annotation is not EMPTY
        if name != "say":  # one text, explained by the summary
            assert f"{parameter.name}: " in document


def _document(name):
    from polytask.planning.operations import Operations

    return inspect.getdoc(getattr(Operations, name))


def test_results_are_plain_dictionaries():
    keys = {"part", "recipe", "tasks", "status", "reason", "dev", "seconds"}
    assert set(Trained.__annotations__) == keys
    assert set(Compared.__annotations__) == {"gain", "low", "high", "verdict"}


@pytest.mark.parametrize(
    ("operation", "argument", "value", "said"),
    [
        ("train", "repeat", "1", "`repeat` of train is a whole number; found '1'"),
        ("train", "repeat", True, "`repeat` of train is a whole number; found True"),
        ("combine", "repeats", ["p"], "`repeats` of combine is a dict by part; found ['p']"),
    ],
)
def test_repeats_of_another_kind_are_refused(operation, argument, value, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        _check_kind(operation, signature(operation).parameters[argument], value)


@pytest.fixture
def play(tmp_path, vocabulary, journal_of, recorder):
    """Runs a plan text; gives outcome, recorder, calls."""

    def play(text):
        operations = recorder()
        (tmp_path / "plan.py").write_text(text)
        with journal_of(text) as journal:
            outcome = run(tmp_path / "plan.py", operations, journal, vocabulary=vocabulary)
            return outcome, operations, journal.calls()

    return play


AT_ONCE = """from typing import Any

from polytask.plan import Equal, FineTune, Probe, say, tasks, train_all

t = tasks()
one = {"tasks": t, "recipe": FineTune(epochs=3, balancer=Equal())}
found = train_all([one, {"tasks": ["a"], "recipe": "Probe( )", "repeat": 0}, {**one, "repeat": 1}])
say(", ".join([each["part"] for each in found]))
"""


def test_several_are_trained_in_one_operation_with_the_arguments_of_train(play):
    _, operations, calls = play(AT_ONCE)
    (call,) = [call for call in calls if call.operation == "train_all"]
    tuned = {"tasks": ["a", "b"], "recipe": "FineTune(epochs=3, balancer=Equal())"}
    single = {"tasks": ["a"], "recipe": "Probe()"}
    assert call.arguments == {"candidates": [tuned, single, {**tuned, "repeat": 1}]}
    assert [one["part"].count("#") for one in call.output] == [0, 0, 1]
    again, operations, _ = play(AT_ONCE)
    assert (again.status, operations.log) == ("unfinished", [])


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ("t", "`candidates` of train_all is a list of dicts such as"),
        ("[{'tasks': t}]", "a candidate of train_all has the arguments of train.*'recipe'"),
        ("[{'tasks': t, 'recipe': Probe(), 'x': 1}]", "the arguments of train: .*'x'"),
        ("[{'tasks': 'a', 'recipe': Probe()}]", "`tasks` of train is a list of names"),
        ("[{'tasks': t, 'recipe': 'Prob()'}]", "Prob.*'Probe'"),
    ],
)
def test_wrong_candidates_are_told_to_the_plan(play, candidates, message):
    text = AT_ONCE.partition("one = ")[0] + (
        "def wrong() -> Any:\n"
        f"    return {candidates}\n"
        "try:\n    train_all(wrong())\n"
        "except (TypeError, ValueError) as error:\n    say(str(error))\n"
    )
    _, operations, _ = play(text)
    (said,) = operations.said()
    assert re.search(message, said)
