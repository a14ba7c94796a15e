"""Which language model is asked, and what it may use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from polytask._catalogue import nearest
from polytask._errors import ConfigError

NAMES = {
    "openai": "https://api.openai.com/v1",
    "llama-server": "http://localhost:8080/v1",
    "ollama": "http://localhost:11434/v1",
}
"""Addresses that have a name."""
EMBEDDED = "smollm2"
"""The language model among the embedded weights; who knows where it lies gives its `file`."""
_HOSTED = "api.openai.com"


@dataclass(frozen=True)
class Server:
    """A language model behind an OpenAI-compatible address or in a file, and what may be spent.

    Args:
        address: A URL that ends before `/chat/completions`, a name of `NAMES`, or a GGUF file.
        model: The model to ask for, as the server names it; that in a file may have any name.
        tokens: Tokens a run may use in all, sent and written.
        prices: Price of a million tokens sent and of a million written; `None` where unknown.
        file: The GGUF file that answers on this machine where `address` is a name for it.
        threads: Threads that a file may use; 0 for all of this process.

    Raises:
        ConfigError: An address that is none, no file, a value out of range.

    >>> Server("ollama", "qwen3").address
    'http://localhost:11434/v1'
    """

    address: str
    model: str
    tokens: int = 200_000
    prices: tuple[float, float] | None = None
    file: str = ""
    threads: int = 0

    def __post_init__(self) -> None:
        if self.address.lower().endswith(".gguf"):
            object.__setattr__(self, "address", _file(self.address))
            object.__setattr__(self, "file", self.address)
        if self.file:
            object.__setattr__(self, "model", self.model or Path(self.address).stem)
        else:
            object.__setattr__(self, "address", _address(self.address))
        if not self.model:
            raise ConfigError(
                "`llm_model` names the model to ask, as its server does, e.g. "
                "--llm-model gpt-4o-mini; llama-server takes any name"
            )
        if self.tokens < 1:
            raise ConfigError(f"`llm_tokens` is 1 or more; found {self.tokens!r}")

    @property
    def place(self) -> str:
        """Where it is asked, for reports: files without their folders.

        >>> Server("ollama", "qwen3").place
        'http://localhost:11434/v1'
        """
        return f"this machine ({Path(self.address).name})" if self.file else self.address

    @property
    def hosted(self) -> bool:
        """Whether it is OpenAI's own service, which names some options otherwise."""
        return urlsplit(self.address).hostname == _HOSTED

    @property
    def key(self) -> str:
        """The key from the environment, "" for none: `POLYTASK_LLM_KEY`.

        `OPENAI_API_KEY` goes to OpenAI's own service alone: a key must not reach a server that it
        was not meant for.
        """
        own = os.environ.get("POLYTASK_LLM_KEY", "")
        return own or (os.environ.get("OPENAI_API_KEY", "") if self.hosted else "")

    def cost(self, sent: float, written: float) -> float | None:
        """What so many tokens cost; `None` where prices are unknown; a file costs nothing.

        >>> Server("ollama", "qwen3", prices=(1.0, 2.0)).cost(500_000, 250_000)
        1.0
        """
        if self.prices is None:
            return 0.0 if self.file else None
        return (sent * self.prices[0] + written * self.prices[1]) / 1e6


def prices(text: str) -> tuple[float, float] | None:
    """Read "IN,OUT", prices of a million tokens; "" is `None`.

    >>> prices("0.15,0.6")
    (0.15, 0.6)
    """
    if not text:
        return None
    try:
        sent, written = (float(part) for part in text.split(","))
    except ValueError:
        sent = written = -1.0
    if not (0 <= sent < float("inf") and 0 <= written < float("inf")):
        raise ConfigError(
            "`llm_prices` is written IN,OUT, the prices of a million tokens sent and written, "
            f"e.g. 0.15,0.6; found {text!r}"
        )
    return sent, written


def _file(text: str) -> str:
    path = Path(text).expanduser().resolve()
    if not path.is_file():
        raise ConfigError(f"`llm` names a GGUF file, and there is none at {str(path)!r}")
    return str(path)


def _address(text: str) -> str:
    if text in NAMES:
        return NAMES[text]
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            "`llm` is an address such as http://localhost:8080/v1, one of its names, or a GGUF "
            f"file; found {text!r}: {nearest(text, [*NAMES, EMBEDDED])}"
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            "`llm` is an address without user, password, `?` or `#`, since it stands in reports: "
            "the key is taken from the variable POLYTASK_LLM_KEY"
        )
    return text.rstrip("/")
