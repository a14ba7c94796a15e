import inspect
import re

import pytest

from polytask.planning.interpreter import _check_kind
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
