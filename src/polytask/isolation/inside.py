"""The program that runs inside: reads a message, shuts itself in, runs the code, answers.

Started as `python inside.py OPTIONS`, where OPTIONS is JSON for `confine`. Standard input holds the
message: inputs, and under `__code__` and `__file__` the text of the code and its name. The answer
goes to what was standard output; what the code prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

REFUSED = 97
"""Exit code: this process could not be shut in, so no code was run."""


def main() -> None:
    """Shut in first; read and run afterwards."""
    message = sys.stdin.buffer.read()
    answer_to = os.dup(1)
    os.dup2(2, 1)
    try:
        _sibling("confining")["confine"](**json.loads(sys.argv[1]))
    except OSError as error:
        sys.stderr.write(f"it could not be shut in: {error}\n")
        sys.exit(REFUSED)
    tempfile.tempdir = "/tmp"  # named, not there: some packages ask where it is
    messages = _sibling("messages")
    inputs = messages["unpack"](message)
    name, text = inputs.pop("__file__"), inputs.pop("__code__")
    try:
        outputs = _outputs(name, text, inputs)
    except Exception as error:  # noqa: BLE001  # whatever the code raises is told in a line
        sys.stdout.flush()  # what it printed comes first
        sys.stderr.write(f"{_sibling('inside_rows')['told'](name, error)}\n")
        sys.exit(1)
    with os.fdopen(answer_to, "wb") as stream:
        stream.write(messages["pack"](outputs))


def _sibling(name: str) -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).with_name(f"{name}.py")))


def _outputs(name: str, text: str, inputs: dict[str, Any]) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "code", "__file__": name}
    exec(compile(text, name, "exec"), scope)
    if not callable(scope.get("main")):
        raise TypeError(f"{name} has no function `main(inputs)`")
    outputs = scope["main"](inputs)
    if not isinstance(outputs, dict):
        raise TypeError(f"main(inputs) returns a dict of named values; found {outputs!r:.80}")
    return outputs


if __name__ == "__main__":
    main()
