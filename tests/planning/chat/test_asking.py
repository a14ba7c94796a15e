from __future__ import annotations

import gc
import json
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from polytask.planning.chat import Chat, NoAnswer, Server
from polytask.planning.chat.asking import LARGEST

QUESTION = [{"role": "user", "content": "how are you?"}]


def ask(one, seconds=5.0, **more):
    return Chat(Server(one.url, "m", **more)).ask(QUESTION, seconds=seconds, longest=50)


def body(content):
    return json.dumps({"choices": [{"message": {"content": content}}]}).encode()


def test_an_answer_is_asked_for_once_in_the_words_of_the_protocol(server, monkeypatch):
    monkeypatch.setenv("POLYTASK_LLM_KEY", "secret")
    one = server(lambda messages: f"you said {messages[0]['content']}; secret")
    chat = Chat(Server(one.url, "small"))
    found = [chat.ask(QUESTION, seconds=5.0) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].text == "you said how are you?; [key]"
    assert (found[0].sent, found[0].written) == (100, 10)
    assert len(one.asked) == 1
    assert one.asked[0]["path"] == "/v1/chat/completions"
    assert one.asked[0]["model"] == "small"
    assert one.asked[0]["messages"] == QUESTION
    assert one.keys == ["Bearer secret"]


@pytest.mark.slow
def test_refusals_for_load_are_tried_again(server):
    said = iter([(429, {"retry-after": "0.1"}, b"{}"), (503, {}, b"{}"), "fine"])
    one = server(lambda _: next(said))
    assert ask(one).text == "fine"
    assert len(one.asked) == 3


def test_other_refusals_are_not(server):
    one = server(lambda _: (400, {}, b'{"error": {"message": "too long"}}'))
    with pytest.raises(NoAnswer, match=r"400.*too long"):
        ask(one)
    assert len(one.asked) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "no answer within 1 s"),
        ((429, {"retry-after": "9999"}, b"{}"), "429"),
        ((429, {"retry-after": "-5"}, b"{}"), "429"),
        ((429, {"retry-after": "nan"}, b"{}"), "429"),
        ((200, {}, b"\xff\x00rubbish"), "no chat completions"),
        ((200, {}, b"[" * 100_000), "no chat completions"),
        ((200, {}, b'{"choices": [{"message": {"content": null}}]}'), "empty"),
        ((200, {"content-length": "1000"}, b"cut"), "."),
        ((200, {}, b"x" * (LARGEST + 2)), "more than 4,000,000 bytes"),
        ((302, {"location": "http://127.0.0.1:9/v1"}, b""), "."),
    ],
)
def test_whatever_a_server_does_asking_ends_in_time_with_a_reason(server, said, reason):
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=reason):
        ask(server(lambda _: said), seconds=1.0)
    assert time.monotonic() - began < 5  # a busy machine may be slow


@pytest.mark.slow
def test_a_server_that_sends_a_byte_now_and_then_is_left_in_time(server):
    one = server(lambda _: None)

    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        while not one.over.wait(0.1):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    one.answer = drip
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer within"):
        ask(one, seconds=1.0)
    assert time.monotonic() - began < 5


@pytest.mark.slow
def test_nobody_there_is_said_without_the_key(monkeypatch):
    monkeypatch.setenv("POLYTASK_LLM_KEY", "secret")
    with pytest.raises(NoAnswer, match="cannot be reached") as caught:
        Chat(Server("http://127.0.0.1:9/v1", "m")).ask(QUESTION, seconds=2.0)
    assert "secret" not in str(caught.value)


def test_half_a_character_and_wrong_counts_do_no_harm(server):
    data = b'{"choices": [{"message": {"content": "a\\ud800b"}}], "usage": {"prompt_tokens": -4}}'
    found = ask(server(lambda _: (200, {}, data)))
    assert found.text == "a?b"
    assert found.sent > 0
    assert found.written > 0


def test_tokens_are_counted_and_end(server):
    one = server(lambda _: "fine")
    chat = Chat(Server(one.url, "m", tokens=250))
    chat.ask(QUESTION, seconds=5.0, longest=50)
    chat.ask([*QUESTION, *QUESTION], seconds=5.0, longest=50)
    with pytest.raises(NoAnswer, match="its tokens are used up: 220 of 250"):
        chat.ask(QUESTION * 3, seconds=5.0, longest=50)
    assert len(one.asked) == 2


def test_a_conversation_has_one_client_that_ends_with_it(server, monkeypatch):
    made = []

    class Counted(openai.OpenAI):
        def __init__(self, **more):
            super().__init__(**more)
            made.append(self)

    monkeypatch.setattr(openai, "OpenAI", Counted)
    one = server(lambda messages: messages[0]["content"])
    chat = Chat(Server(one.url, "m"))
    assert made == []
    turns = [[{"role": "user", "content": f"{number}"}] for number in range(8)]
    with ThreadPoolExecutor(4) as together:
        found = together.map(lambda turn: chat.ask(turn, seconds=10.0, longest=50).text, turns)
        assert list(found) == [f"{number}" for number in range(8)]
    (client,) = made
    assert not client.is_closed()
    del chat
    gc.collect()
    assert client.is_closed()
