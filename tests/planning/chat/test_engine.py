"""Questions to llama.cpp and what becomes of its answers, without llama.cpp."""

from __future__ import annotations

import json

import pytest

from polytask.planning.chat import engine

ASKED = json.dumps({"messages": [{"role": "user", "content": "x"}], "max_tokens": 5})


class Llama:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def handle_chat_completions(self, asked):
        self.asked.append(asked)
        return self.answer


def test_it_is_asked_for_its_first_choice(monkeypatch):
    llama = Llama({"choices": []})
    monkeypatch.setattr(engine, "_load", lambda *_: llama)
    assert list(engine.answered("f", iter([ASKED, ASKED]))) == ['{"choices": []}'] * 2
    assert llama.asked[0]["temperature"] == 0.0
    assert llama.asked[0]["max_tokens"] == 5


@pytest.mark.parametrize("error", [{"message": "too\nlong", "code": 400}, "too long"])
def test_what_it_refuses_is_told(monkeypatch, error):
    monkeypatch.setattr(engine, "_load", lambda *_: Llama({"error": error}))
    assert list(engine.answered("f", iter([ASKED]))) == ["!it refuses the question: too long"]
