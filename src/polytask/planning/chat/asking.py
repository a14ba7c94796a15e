"""Asking a language model: one question, one text, never longer than the seconds given.

Whatever the server does (no answer, rubbish, refusals for ever, an answer without end), `ask` ends
in time, with a text or with `NoAnswer`, which is a fact to go on from and no error of the run.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import weakref
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from polytask._optional import require
from polytask.planning.chat.exchanges import Exchanges, key_of
from polytask.planning.chat.local import LocalModel
from polytask.planning.chat.messages import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openai import OpenAI

    from polytask.planning.chat.messages import Message
    from polytask.planning.chat.server import Server

LARGEST = 4_000_000
"""Bytes of the largest answer that is read."""
TRIES = 6
_PAUSE = 0.5
_LONGEST_PAUSE = 8.0
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_SHOWN = 200


@dataclass(frozen=True)
class Answer:
    """What a model wrote.

    Args:
        text: The text.
        sent: Tokens of the messages.
        written: Tokens of the text.
        seconds: How long it took when it was asked.
    """

    text: str
    sent: int
    written: int
    seconds: float


@dataclass
class Chat:
    """Asks one server; the same question is asked once.

    Args:
        server: Whom.
        exchanges: What was asked and answered so far.

    Raises:
        MissingError: The package `openai` (for a file: `xllamacpp`) is not installed.
    """

    server: Server
    exchanges: Exchanges = field(default_factory=Exchanges)
    _local: LocalModel | None = field(default=None, init=False)
    _client: OpenAI | None = field(default=None, init=False, repr=False, compare=False)
    _opening: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.server.file:
            require("xllamacpp", extra="llm-local", why="--llm with a file")
            self._local = LocalModel(self.server.file, self.server.threads)
        else:
            require("openai", extra="llm", why="--llm")

    def ask(self, messages: Sequence[Message], *, seconds: float, longest: int = 4000) -> Answer:
        """The model's answer to `messages`.

        Refusals for load (429) and faults of the server (5xx, no connection) are tried again after
        pauses that double, or as long as the server says, while there is time.

        Args:
            messages: The turns so far.
            seconds: When to give up.
            longest: Tokens that the answer may have.

        Raises:
            NoAnswer: No text came; why, in words.
        """
        key = key_of([self.server.address, self.server.model, list(messages), longest])
        kept = self.exchanges.found.get(key)
        if kept is None:
            self._check_tokens(messages, longest)
            kept = self._asked(messages, seconds, longest)
            self.exchanges.add(key, kept)
        return Answer(kept["text"], kept["sent"], kept["written"], kept["seconds"])

    def _check_tokens(self, messages: Sequence[Message], longest: int) -> None:
        used, needed = self.exchanges.tokens, _estimate(messages) + longest
        if used + needed > self.server.tokens:
            raise NoAnswer(
                f"its tokens are used up: {used:,} of {self.server.tokens:,}, and the next "
                f"question may take {needed:,} (--llm-tokens)"
            )

    def _asked(self, messages: Sequence[Message], seconds: float, longest: int) -> dict[str, Any]:
        began = time.monotonic()
        until, key = began + seconds, self.server.key
        if self._local is not None:  # trying again would end the same
            body = self._local.ask(messages, seconds, longest)
            return _facts(messages, body, time.monotonic() - began, "")
        for number in range(TRIES):
            left = until - time.monotonic()
            stop = threading.Event()
            found = within(left, partial(self._send, messages, left, longest, stop), stop)
            if isinstance(found, bytes):
                return _facts(messages, found, time.monotonic() - began, key)
            pause = _pause(found, number)
            if pause is None or number + 1 == TRIES or time.monotonic() + pause >= until:
                raise NoAnswer(_reason(found, number + 1, key))
            time.sleep(pause)
        raise AssertionError("the last try ends above")

    def _opened(self) -> OpenAI:
        """The client of this conversation, made at the first question: that takes some 0.2 s."""
        import openai

        with self._opening:  # programs ask several questions at once
            if self._client is None:
                self._client = openai.OpenAI(
                    base_url=self.server.address, api_key=self.server.key or "none", max_retries=0
                )
                weakref.finalize(self, self._client.close)
            return self._client

    def _send(
        self, messages: Sequence[Message], seconds: float, longest: int, stop: threading.Event
    ) -> bytes:
        """The body of one answer, read in pieces, so that one without end can be left."""
        limit = "max_completion_tokens" if self.server.hosted else "max_tokens"
        more: dict[str, Any] = {"messages": list(messages), limit: longest}
        if not self.server.hosted:  # some of the models there take no other than their own
            more["temperature"] = 0.0
        with self._opened().chat.completions.with_streaming_response.create(
            model=self.server.model, timeout=max(seconds, 0.1), **more
        ) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if stop.is_set() or len(body) > LARGEST:
                    raise NoAnswer(f"its answer has more than {LARGEST:,} bytes")
            return bytes(body)


def within(seconds: float, do: Callable[[], bytes], stop: threading.Event) -> bytes | Exception:
    """What `do` gives or raises, or a `TimeoutError` after `seconds`; `stop` tells it to end.

    A timeout of the connection counts anew with each byte: a server that sends one now and then
    would be waited for as long as it likes.
    """
    box: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            box.put(do())
        except Exception as error:  # noqa: BLE001  # handed over to who waits
            box.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return box.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        return TimeoutError(f"no answer within {seconds:.0f} s")
    finally:
        stop.set()


def _pause(error: Exception, number: int) -> float | None:
    """Seconds until the next try; `None` where another would end the same."""
    import openai

    usual: float = min(_PAUSE * 2**number, _LONGEST_PAUSE)
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in _AGAIN:
            return None
        try:
            asked = float(str(error.response.headers.get("retry-after", "")))
        except ValueError:
            return usual
        return max(usual, asked)  # in this order NaN is the usual pause, too
    return usual if isinstance(error, openai.APIConnectionError) else None


def _reason(error: Exception, tries: int, key: str) -> str:
    import openai

    if isinstance(error, (NoAnswer, TimeoutError)):
        return str(error)
    told = f" ({tries} tries)" if tries > 1 else ""
    if isinstance(error, openai.APIStatusError):
        return f"its server answered {error.status_code}: {_short(str(error.message), key)}{told}"
    if isinstance(error, openai.APITimeoutError):
        return f"no answer in time{told}"
    if isinstance(error, openai.APIConnectionError):
        cause = _short(str(error.__cause__ or error), key)
        return f"its server cannot be reached: {cause}{told}"
    return f"its answer cannot be read: {type(error).__name__}{told}"


def _facts(messages: Sequence[Message], body: bytes, seconds: float, key: str) -> dict[str, Any]:
    try:
        read = json.loads(body)
        text = read["choices"][0]["message"]["content"]
        usage = read.get("usage") or {}
        counted = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NoAnswer("its server speaks no chat completions: the answer has no text") from error
    if not isinstance(text, str) or not text.strip():
        raise NoAnswer("its answer is empty")
    known = [one if type(one) is int and one >= 0 else None for one in counted]
    # Half of a character pair can be written in JSON, and in no file.
    text = _clean(text.encode("utf-8", "replace").decode(), key)
    return {
        "messages": list(messages),
        "text": text,
        "sent": _estimate(messages) if known[0] is None else known[0],
        "written": _tokens(text) if known[1] is None else known[1],
        "seconds": round(seconds, 3),
    }


def _estimate(messages: Sequence[Message]) -> int:
    return sum(_tokens(one["content"]) + 4 for one in messages)


def _tokens(text: str) -> int:
    """About how many tokens a text has, where the server does not say."""
    return len(text.encode()) // 4 + 1


def _clean(text: str, key: str) -> str:
    """A text without the key: servers repeat what they refuse."""
    return text.replace(key, "[key]") if key else text


def _short(text: str, key: str) -> str:
    shown = " ".join(_clean(text, key).split())
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
