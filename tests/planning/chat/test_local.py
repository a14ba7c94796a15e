"""A process that answers, ends, hangs or refuses; and one that reads a file of its own."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time

import pytest

from polytask._errors import MissingError
from polytask.planning.chat import Chat, NoAnswer, Server
from polytask.planning.chat.local import LONGEST, LocalModel

HELLO = [{"role": "user", "content": "hello"}]
ECHO = """
import json, os, sys
for line in sys.stdin:
    asked = json.loads(line)
    told = f"{os.getpid()} {asked['max_tokens']} {sys.argv[1]} {sys.argv[2]}"
    print(json.dumps({"choices": [{"message": {"content": told}}]}), flush=True)
"""


def model(code: str) -> LocalModel:
    return LocalModel("x.gguf", 3, (sys.executable, "-c", code))


def text(answer: bytes) -> str:
    return json.loads(answer)["choices"][0]["message"]["content"]


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_answers_all_questions_until_it_is_stopped():
    local = model(ECHO)
    first, second = (text(local.ask(HELLO, 10, n)) for n in (7, 10**6))
    process, longest, file, threads = first.split()
    assert (longest, file, threads) == ("7", "x.gguf", "3")
    assert second == f"{process} {LONGEST} x.gguf 3"
    local.stop()
    assert not alive(int(process))
    assert text(local.ask(HELLO, 10, 7)).split()[0] != process
    local.stop()


def test_the_process_ends_with_the_model_that_is_forgotten():
    local = model(ECHO)
    process = int(text(local.ask(HELLO, 10, 7)).split()[0])
    del local
    gc.collect()
    assert not alive(process)


@pytest.mark.slow
def test_an_answer_that_does_not_come_is_left_in_time():
    local = model("import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer within 1 s"):
        local.ask(HELLO, 1.0, 7)
    assert time.monotonic() - began < 5


@pytest.mark.slow
def test_an_answer_without_end_is_left_in_time():
    local = model("while True: print('x' * 1000, end='', flush=True)")
    with pytest.raises(NoAnswer, match="no answer within 1 s"):
        local.ask(HELLO, 1.0, 7)


@pytest.mark.parametrize("code", ["", "raise SystemExit(0)"])
def test_a_process_that_ends_is_told(code):
    with pytest.raises(NoAnswer, match="its process ended with status 0"):
        model(code).ask(HELLO, 10, 7)


def test_a_refusal_is_told_and_the_process_stays():
    local = model("import sys\nfor line in sys.stdin: print('!it is too long', flush=True)")
    for _ in range(2):
        with pytest.raises(NoAnswer, match=r"^it is too long$"):
            local.ask(HELLO, 10, 7)
    local.stop()


def test_a_missing_package_is_told_with_the_pip_line(tmp_path, monkeypatch):
    (tmp_path / "x.gguf").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingError, match=r"--llm with a file needs .*\[llm-local\]"):
        Chat(Server(str(tmp_path / "x.gguf"), ""))


def test_a_real_file_answers_alike_each_time_and_costs_nothing(gguf_file):
    pytest.importorskip("xllamacpp", reason="pip install 'polytask[llm-local]'")
    server = Server(str(gguf_file), "")
    answers = [Chat(server).ask(HELLO, seconds=60, longest=12) for _ in range(2)]
    assert answers[0].text == answers[1].text
    assert answers[0].written == 12
    assert answers[0].sent > 3
    chat = Chat(server)
    assert chat.ask(HELLO, seconds=60, longest=12).text == answers[0].text
    assert chat.exchanges.cost(server) == 0.0
    with pytest.raises(NoAnswer, match=r"it refuses the question: .*exceeds the available context"):
        chat.ask([{"role": "user", "content": "the cat " * 3000}], seconds=60)


def test_a_file_that_is_none_is_told(tmp_path):
    pytest.importorskip("xllamacpp", reason="pip install 'polytask[llm-local]'")
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + b"\0" * 50)
    chat = Chat(Server(str(tmp_path / "bad.gguf"), ""))
    for _ in range(2):
        with pytest.raises(NoAnswer, match="its file cannot be read"):
            chat.ask(HELLO, seconds=60)


def test_the_process_ends_when_its_host_is_gone_also_while_it_answers(gguf_file):
    pytest.importorskip("xllamacpp", reason="pip install 'polytask[llm-local]'")
    command = [*LocalModel(str(gguf_file)).command, str(gguf_file), "1"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    question = {"messages": HELLO, "max_tokens": 100_000}
    process.stdin.write(json.dumps(question).encode() + b"\n")
    process.stdin.close()
    assert process.wait(30) == 3
