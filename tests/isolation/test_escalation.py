"""Processes, signals, privileges, resources: all else that code might do to a machine."""

import time

import numpy as np
import psutil
import pytest

from polytask._errors import CodeError


@pytest.mark.parametrize(
    "body",
    [
        "os.fork()",
        "os.forkpty()",
        "import subprocess; subprocess.run(['/bin/true'])",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "if os.system('true'): raise OSError('no shell')",
        "os.execv('/bin/sh', ['sh'])",
        "import multiprocessing; multiprocessing.Process(target=print).start()",
        "import multiprocessing as m; m.get_context('spawn').Process(target=print).start()",
        "from concurrent.futures import ProcessPoolExecutor as P; P(1).submit(abs, 1).result()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "call(57)",
        "call(58)",
        "call(56, 17, 0, 0, 0, 0)",
        "call(435, bytes(88), 88)",
        "call(322, -100, b'/bin/true', 0, 0, 0)",
        "os.kill(os.getppid() or 1, 9)",
        "os.kill(-1, 9)",
        "os.killpg(0, 9)",
        "call(234, os.getppid() or 1, os.getppid() or 1, 9)",
        "call(200, os.getppid() or 1, 9)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid() or 1, 19)",
        "os.sched_setaffinity(os.getppid() or 1, {0})",
        "import resource; resource.prlimit(os.getppid() or 1, resource.RLIMIT_NOFILE, (1, 1))",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (99, 99))",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "os.setuid(0) if os.getuid() else os.setuid(1000)",
        "os.setgroups([0])",
        "call(169, 0xfee1dead, 672274793, 0x1234567, 0)",
        "call(175, 0, 0, b'')",
        "call(246, 0, 0, 0, 0)",
        "call(321, 0, bytes(120), 120)",
        "call(323, 0)",
        "call(170, b'x', 1)",
        "call(227, 0, bytes(16))",
        "call(308, 0, 0)",
        "call(172, 3)",
        "call(163, 0)",
        "call(0x40000000 + 39)",
    ],
)
def test_no_process_signal_or_privilege(attempt, body):
    with pytest.raises(CodeError) as found:
        attempt(body + "\nreturn {}")
    last = str(found.value).strip().splitlines()[-1]
    assert "Error" in last or "ended with code" in last or "killed" in last
    assert "NameError" not in last
    assert "SyntaxError" not in last


@pytest.fixture
def nothing_stays():
    """Asserts that no process of the test outlives it; those of other tests may be there."""
    before = set(psutil.Process().children(recursive=True))
    yield
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(1000)",
        "import signal\nfor n in (2, 15, 24): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
        "import threading\nfor _ in range(8):\n"
        "    threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\nreturn {}",
        "import re; re.match('(a+)+b', 'a' * 40)",
        "import os\nwhile True: os.write(2, b'x' * 4096)",
        "import sys\nwhile True: print('x' * 4096)",
    ],
    ids=["loop", "sleep", "ignored signals", "threads", "regex", "errors", "prints"],
)
@pytest.mark.usefixtures("nothing_stays")
def test_time_ends_it_and_nothing_stays(attempt, body):
    begun = time.monotonic()
    with pytest.raises(CodeError, match=r"stopped after 2 seconds|used up its 2 seconds"):
        attempt(body, seconds=2.0)
    assert time.monotonic() - begun < 15


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "return {'x': 'x' * 10**10}",
        "x = []\nwhile True: x.append(bytearray(10**7))",
        "import numpy; return {'x': numpy.ones(10**10)}",
        "import mmap; mmap.mmap(-1, 10**10)",
        "return {'x': [[0] * 10**9]}",
        "import sys; sys.setrecursionlimit(10**9)\nf = lambda: f()\nf()",
    ],
)
def test_memory_is_bounded(attempt, body):
    with pytest.raises(CodeError, match=r"MemoryError|SystemError|Cannot allocate|killed|stopped"):
        attempt(body, memory=10**9)


def test_threads_are_bounded_by_memory(attempt):
    body = (
        "import threading\nstop = threading.Event()\ncount = 0\n"
        "try:\n    while True:\n        threading.Thread(target=stop.wait, daemon=True).start()\n"
        "        count += 1\nexcept RuntimeError:\n    stop.set()\nreturn {'count': count}"
    )
    assert attempt(body, memory=10**9)["count"] < 1000


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("ctypes.string_at(0)", "ended with code"),
        ("import faulthandler; faulthandler._sigsegv()", "ended with code"),
        ("os.abort()", "ended with code"),
        ("os._exit(0)", "cannot be read"),
        ("raise SystemExit(0)", "cannot be read"),
        ("os.close(0); os.close(1); os.close(2); os.close(3); return {}", "failed|ended with code"),
        ("return {'x': 'y' * 10**6}", "at most 100,000 are read"),
        ("return 3", "returns a dict of named values; found 3"),
        ("return {1: 2}", "values have names, which are text"),
        ("return {'x': float('nan')}", "Out of range float|not JSON compliant"),
        ("return {'x': object()}", "not JSON serializable"),
        ("import numpy; return {'x': numpy.array([object()])}", "arrays hold numbers"),
        ("import numpy; return {'x': numpy.array(['a'])}", "arrays hold numbers"),
        ("x = []; x.append(x); return {'x': x}", "Circular reference"),
        ("return undefined", "NameError"),
    ],
)
def test_what_ends_badly_is_told(attempt, body, message):
    with pytest.raises(CodeError, match=message):
        attempt(body, output=100_000)


@pytest.mark.parametrize(
    "answer",
    [
        "pickle.dumps(Bomb())",
        "b'\\x80\\x04\\x95' * 10",
        "b''",
        "b'\\xff' * 100",
        "(10**6).to_bytes(8, 'little') + b'{}'",
        "(2).to_bytes(8, 'little') + b'{}'",
        '(64).to_bytes(8, \'little\') + b\'{"__metadata__":{"json":"[1]"}}\'.ljust(64)',
        "(64).to_bytes(8, 'little') + b'{\"__metadata__\":{\"json\":3}}'.ljust(64)",
    ],
)
def test_a_forged_answer_runs_nothing(attempt, tmp_path, answer):
    bomb = (
        "import pickle\nclass Bomb:\n    def __reduce__(self):\n"
        f"        return (open, ({str(tmp_path / 'boom')!r}, 'w'))\n"
        f"os.write(3, {answer}); os._exit(0)"
    )
    with pytest.raises(CodeError, match="what it returned cannot be read"):
        attempt(bomb)
    assert not (tmp_path / "boom").exists()


def test_inputs_are_a_copy(attempt):
    given = {"x": np.zeros(3), "y": [1]}
    assert attempt("inputs['x'][0] = 5; inputs['y'].append(2); return {}", given) == {}
    assert given["x"].tolist() == [0, 0, 0]
    assert given["y"] == [1]


@pytest.mark.parametrize("body", ["os.setsid()", "os.setpgid(0, 0)"])
def test_it_cannot_leave_the_group_by_which_it_is_ended(refused, body):
    refused(f"{body}\nreturn {{}}")
