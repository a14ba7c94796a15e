import pydantic_monty
import pytest

from polytask._errors import ConfigError
from polytask.planning.sandbox import Limits, session


@pytest.mark.parametrize("name", ["turn_seconds", "total_seconds", "memory", "recursion", "calls"])
def test_limits_are_above_zero(name):
    with pytest.raises(ConfigError, match=f"`{name}`"):
        Limits(**{name: 0})


def test_clock_and_random_are_the_same_in_every_session(vocabulary):
    code = "import random, time\n[random.random(), time.time(), random.choice([1, 2, 3])]"
    found = []
    for _ in range(2):
        with session(vocabulary, Limits(), seed=7) as sandbox:
            found.append(sandbox.feed_run(code))
    assert found[0] == found[1]
    with session(vocabulary, Limits(), seed=8) as sandbox:
        assert sandbox.feed_run(code)[0] != found[0][0]


ESCAPES = [
    "open('/etc/passwd').read()",
    "import os\nos.system('true')",
    "import os\nos.listdir('/')",
    "import os\nos.environ['HOME']",
    "import subprocess",
    "import socket",
    "import ctypes",
    "from pathlib import Path\nPath('/etc/passwd').read_text()",
    "from pathlib import Path\nPath('/tmp/polytask-escape').write_text('x')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: 0).__globals__",
    "__import__('os').system('true')",
    "eval('__import__(\"os\")')",
    "import sys\nsys.modules['os']",
    "import polytask",
    "from polytask.plan import __builtins__",
]


@pytest.mark.parametrize("code", ESCAPES)
def test_attempts_to_leave_are_refused(vocabulary, code):
    if code == "import polytask":  # an empty shell: nothing but `plan` is in it
        code += "\npolytask.run"
    with (
        session(vocabulary, Limits(turn_seconds=2.0)) as sandbox,
        pytest.raises(pydantic_monty.MontyError),
    ):
        sandbox.feed_run(code)
