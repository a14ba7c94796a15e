"""One file for many inputs: what one input's code does, no other input ever sees."""

import pytest

from polytask._errors import CodeError, MissingError
from polytask.isolation import Rows

COUNT = "seen = []\ndef main(inputs):\n    seen.append(inputs)\n    return len(seen)\n"


def test_each_input_has_an_answer(rows):
    code = "def main(inputs):\n    return {'twice': inputs['x'] * 2, 'word': '字'}\n"
    given = [{"x": number} for number in (1, 2.5, "a", None)]
    *found, last = rows(code, given)
    assert found == [{"twice": two, "word": "字"} for two in (2, 5.0, "aa")]
    assert isinstance(last, CodeError)
    assert str(last).startswith("code.py:2: TypeError")


def test_nothing_of_an_input_is_left_for_the_next(rows):
    assert rows(COUNT, ["a", "b", "c"]) == [1, 1, 1]
    assert rows(
        "import random\ndef main(inputs):\n    random.seed = None\n    return 1\n", [1]
    ) == [1]


def test_numbers_of_numpy_are_plain_data(rows):
    code = "import numpy as np\ndef main(inputs):\n    return [np.float64(0.5), np.arange(2)]\n"
    assert rows(code, [None]) == [[0.5, [0, 1]]]


BROKEN = {
    "while True: pass": "stopped after 1 seconds",
    "import time; time.sleep(60)": "stopped after 1 seconds",
    "os._exit(0)": "ended with code 0",
    "found = bytearray(2**31)": "MemoryError",
    "found = 'x' * 10**6": "more than 100,000 bytes",
    "os.write(3, b'x' * 10**6)": "more than 100,000 bytes",
    "found = object()": "returns plain data; found object",
    "found = float('nan')": "it returned NaN or infinity",
    "found = {1, 2}": "returns plain data; found set",
    "raise SystemExit": "SystemExit",
    "import signal; os.kill(os.getppid(), 9)": "PermissionError",
    "os.fork()": "PermissionError",
    "os.setsid()": "PermissionError",
    "import subprocess; subprocess.run(['true'])": "PermissionError|FileNotFoundError",
    "import socket; socket.socket()": "PermissionError",
}


@pytest.mark.slow
@pytest.mark.parametrize("body", BROKEN)
def test_an_input_that_breaks_a_limit_leaves_the_others_alone(rows, body):
    code = f"import os\ndef main(inputs):\n    found = inputs\n    if inputs:\n        {body}\n"
    code += "    return found\n"
    first, broken, last = rows(code, [0, 1, 0], seconds=1.0, memory=2**30, output=100_000)
    assert (first, last) == (0, 0)
    with pytest.raises(CodeError, match=BROKEN[body]):
        raise broken


def test_code_without_a_main_is_an_error_of_each_input(rows):
    assert "has no function `main(inputs)`" in str(rows("x = 1\n", [1])[0])
    assert "SyntaxError" in str(rows("def main(:\n", [1])[0])


def test_without_a_way_nothing_runs(monkeypatch):
    monkeypatch.setattr("polytask.isolation.enclosing.ways", lambda: ())
    with pytest.raises(MissingError, match="apt install bubblewrap"):
        Rows("code.py", COUNT)


def test_a_process_that_is_gone_is_started_again(way):
    with Rows("code.py", COUNT, way=way) as opened:
        assert opened.answer(["a"]) == [1]
        opened._process.kill()
        opened._process.wait()
        gone, again = opened.answer(["a", "b"])
    assert "its process died" in str(gone)
    assert again == 1


@pytest.mark.parametrize("written", ['["error"]', "5", "null", "[" * 100_000])
def test_an_answer_that_code_forges_is_none_or_its_own(rows, written):
    forged = f"import os\ndef main(inputs):\n    os.write(3, {written.encode()!r})\n"
    forged += "    os._exit(0)\n"
    for found in rows(forged, [1, 2]):
        assert isinstance(found, CodeError)
        assert "no answer that can be read" in str(found)
