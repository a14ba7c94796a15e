"""Runs commands one after another in an interpreter of its own, as a shell would one by one.

Reads a JSON line `{"words": […], "folder": …, "stdin": …}`, answers with one: exit code, output,
errors (a traceback among them where one escaped), and whether torch was loaded by then.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback


def answer(words: list[str], folder: str, stdin: str) -> dict[str, object]:
    from polytask.cli import main

    sys.argv = ["polytask", *words]
    os.chdir(folder)
    out, err = _Console(), _Console()
    code: object = 0
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogateescape")), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001  # what the interpreter would print, we hand over
            traceback.print_exc()
            code = 1
    torch = "torch" in sys.modules
    return {"code": code, "out": out.getvalue(), "err": err.getvalue(), "torch": torch}


class _Console(io.StringIO):
    """Output that nobody looks at while it is written."""

    encoding = "utf-8"


def serve() -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints past sys.stdout is no answer
    for line in sys.stdin.buffer:
        request = json.loads(line)
        replies.write(json.dumps(answer(**request)) + "\n")
        replies.flush()


if __name__ == "__main__":
    serve()
