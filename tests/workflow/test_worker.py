from __future__ import annotations

import json
import queue

import pytest

from polytask._errors import DataError
from polytask.workflow.operations import OPERATIONS
from polytask.workflow.worker import describe, serve


class Ended(BaseException):
    """There are no more requests."""


class Requests(queue.Queue):
    def __init__(self, *requests: dict) -> None:
        super().__init__()
        self.left = [json.dumps(request) for request in requests]

    def get(self, *_: object) -> str:
        if not self.left:
            raise Ended
        return self.left.pop(0)


def test_requests_are_answered_one_by_one_and_errors_are_answers(tmp_path, monkeypatch):
    def double(state, value):
        state.emit({"event": "note", "text": "here"})
        if value is None:
            raise DataError("row 3 is empty")
        return value * 2

    monkeypatch.setitem(OPERATIONS, "double", double)
    sent = []
    requests = Requests(
        {"operation": "double", "arguments": {"value": 4}},
        {"operation": "double", "arguments": {"value": None}},
        {"operation": "triple", "arguments": {}},
    )
    with pytest.raises(Ended):
        serve(requests, sent.append, {"folder": str(tmp_path)})
    assert sent[0] == sent[2] == {"event": {"event": "note", "text": "here"}}
    assert sent[1] == {"result": 8}
    assert (sent[3]["error"]["type"], sent[3]["error"]["message"]) == (
        "DataError",
        "row 3 is empty",
    )
    assert sent[4]["error"]["type"] == "RunError"


def test_an_unforeseen_error_names_its_class():
    found = describe(ZeroDivisionError("division by zero"))
    assert found["type"] == "RunError"
    assert found["message"] == "ZeroDivisionError: division by zero"
    assert found["traceback"].strip().endswith("ZeroDivisionError: division by zero")
