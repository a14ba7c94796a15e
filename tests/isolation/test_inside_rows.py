"""What code might do to see another input, or to have something else taken for its answer."""

import pytest

from polytask._errors import CodeError


def _body(text):
    """Code that runs what it is given; what was bound to `found` is the answer."""
    return f"import os\ndef main(inputs):\n    found = None\n    {text}\n    return found\n"


SEARCHES = [
    "found = str([os.read(0, 10**5), os.environ])",
    "found = [open(f'/proc/self/fd/{n}').read() for n in (0, 4, 5, 6)]",
    "found = str([os.read(n, 10**5) for n in range(8) if n not in (1, 2, 3)])",
    "import gc; found = repr(gc.get_objects())[:10**6]",
    "import sys; found = str([sys.argv, vars(sys.modules['__main__'])])",
    "found = open(f'/proc/{os.getppid()}/mem', 'rb').read(99)",
]
MAPS = """
import re
found = ""
for line in open("/proc/self/maps"):
    start, end = (int(n, 16) for n in re.match("([0-9a-f]+)-([0-9a-f]+) rw", line).groups())
    found += open("/proc/self/mem", "rb").read(end - start).decode("latin-1")
"""


@pytest.mark.parametrize("body", [*SEARCHES, f"exec({MAPS!r}, scope := {{}})"])
def test_another_input_cannot_be_found(rows, secret, body):
    found = rows(_body(body), [secret, "another", secret], output=2**24)
    assert secret not in str(found[1])


@pytest.mark.parametrize(
    "written",
    [
        b"{",
        b'{"value": NaN}',
        b"[1]",
        b"7",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"other": 1}',
        b"\x80\x04\x95.",
    ],
)
def test_a_forged_answer_is_no_answer(rows, written):
    code = f"import os\ndef main(inputs):\n    os.write(3, {written!r}); os._exit(0)\n"
    (found,) = rows(code, [1])
    assert isinstance(found, CodeError)
    told = "it returned NaN" if b"NaN" in written else "no answer that can be read"
    assert told in str(found)
