"""The process that reads a GGUF file and answers: llama.cpp, by the package xllamacpp.

It reads one JSON question a line from standard input and answers with a line of standard output. It
ends when its input does, also in the midst of an answer.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from polytask.planning.chat.local import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXT = 8192
"""Tokens of a question and its answer at most: memory for them is set aside at the start."""


def main() -> None:
    """Answer questions until the input ends; arguments: the file, and how many threads (0: all)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the host decides what Ctrl-C means
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # llama.cpp prints what it likes
    questions: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(questions,), daemon=True).start()
    for line in answered(sys.argv[1], iter(questions.get, ""), int(sys.argv[2])):
        answers.write(line + "\n")
        answers.flush()


def answered(file: str, questions: Iterator[str], threads: int = 0) -> Iterator[str]:
    """A line for each question; that no answer can be given is an answer, too."""
    refused = REFUSED.decode()
    try:
        server = _load(file, threads)
    except RuntimeError:
        for _ in questions:
            yield f"{refused}its file cannot be read: it must be a GGUF file of a language model"
        return
    for question in questions:
        found = server.handle_chat_completions(
            {**json.loads(question), "temperature": 0.0, "seed": 0}
        )
        error = found.get("error")
        told = error.get("message", error) if isinstance(error, dict) else error
        reason = " ".join(str(told).split())  # an answer is one line
        yield f"{refused}it refuses the question: {reason}" if told else json.dumps(found)


def _load(file: str, threads: int) -> Any:
    """llama.cpp with the file, greedy and quiet.

    It opens a port of this machine beside, which can be neither left out nor used without the key.
    """
    import xllamacpp

    chosen = xllamacpp.CommonParams()
    chosen.model.path = file
    chosen.n_ctx = CONTEXT
    chosen.n_parallel = 1
    chosen.warmup = False
    chosen.verbosity = -1
    chosen.ui = False
    chosen.api_keys = [secrets.token_hex(16)]
    threads = threads or len(os.sched_getaffinity(0))  # more than there are would wait for another
    chosen.cpuparams.n_threads = chosen.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(chosen)


def _read(questions: queue.Queue[str]) -> None:
    for line in sys.stdin:
        questions.put(line)
    os._exit(3)  # the host is gone; nothing here is worth finishing


if __name__ == "__main__":
    main()
