"""Code that tries to get out, in every way that this machine can shut it in."""

import re
import textwrap
import uuid

import pytest

from polytask._errors import CodeError
from polytask.isolation import Limits, Rows, run, ways

HEAD = """
import ctypes, os
_libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    'A system call as such, past the library.'
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    found = _libc.syscall(ctypes.c_long(number), *given)
    if found == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found

"""
REFUSALS = "|".join(
    [
        *("PermissionError", "FileNotFoundError", "ProcessLookupError", "BlockingIOError"),
        *("OSError", "URLError", "gaierror", "ValueError: not allowed to raise maximum limit"),
    ]
)


@pytest.fixture(params=["bubblewrap", "landlock"])
def way(request):
    if request.param not in ways():
        pytest.skip(f"this machine has no {request.param}")
    return request.param


@pytest.fixture
def secret(monkeypatch, tmp_path):
    """A word that lies in a file, in its name and in the environment; code may never see it."""
    word = f"canary{uuid.uuid4().hex}"
    monkeypatch.setenv("POLYTASK_CANARY", word)
    (tmp_path / f"{word}.txt").write_text(word)
    return word


@pytest.fixture
def canary(tmp_path, secret):
    return tmp_path / f"{secret}.txt"


@pytest.fixture
def attempt(way, tmp_path):
    """Runs the body of a `main(inputs)`; gives what it returns."""

    def attempt(body, inputs=None, files=(), **limits):
        code = tmp_path / "attempt.py"
        code.write_text(f"{HEAD}def main(inputs):\n{textwrap.indent(body, '    ')}\n")
        given = Limits(**{"seconds": 30.0, **limits})
        return run(code, inputs or {}, files=files, limits=given, way=way)

    return attempt


@pytest.fixture
def refused(attempt):
    """Runs the body of a `main(inputs)` that the kernel must refuse something to."""

    def refused(body, inputs=None):
        with pytest.raises(CodeError) as found:
            attempt(body, inputs)
        told = str(found.value)
        assert re.search(rf"^(?:[\w.]+(?::\d+)?: )?[\w.]*({REFUSALS})", told, re.MULTILINE), told

    return refused


@pytest.fixture
def silent(attempt, secret):
    """Runs the body of a `main(inputs)` that may end well, and must have seen nothing secret."""

    def silent(body, inputs=None):
        try:
            found = str(attempt(body, inputs))
        except CodeError as error:
            found = str(error)
        assert secret not in found.replace(str((inputs or {}).get("path")), "")
        return found

    return silent


@pytest.fixture
def rows(way):
    """Answers inputs by code."""

    def answer(code, inputs, **limits):
        with Rows("code.py", code, Limits(**{"seconds": 20.0, **limits}), way) as opened:
            return opened.answer(inputs)

    return answer
