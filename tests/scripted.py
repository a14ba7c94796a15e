"""A server of the chat protocol that answers as a test says."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Scripted:
    """What a server was asked, and what it answers.

    Args:
        say: Gives the text of an answer from the messages of a question; or (status, headers,
            body) to answer with that; or `None` to say nothing until the test ends.
    """

    say: Callable[[list[dict[str, str]]], Any]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        question = json.loads(body)
        self.asked.append({"path": handler.path, **question})
        self.keys.append(handler.headers.get("authorization"))
        said = self.say(question["messages"])
        if said is None:
            self.over.wait(60)
            return
        status, headers, data = (200, {}, completion(said)) if isinstance(said, str) else said
        handler.send_response(status)
        for name, value in {"content-length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)


def completion(text: Any, **more: Any) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    facts = {"id": "1", "object": "chat.completion", "created": 1, "model": "scripted"}
    return json.dumps({**facts, "choices": [choice], "usage": usage, **more}).encode()


@contextlib.contextmanager
def scripted(say: Callable[[list[dict[str, str]]], Any]) -> Iterator[Scripted]:
    """A server that answers by `say`, on a free port of this machine."""
    script = Scripted(say)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            with contextlib.suppress(OSError):  # whoever asked has given up
                script.answer(self)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield script
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
